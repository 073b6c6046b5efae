/** The components that a server renders first and a page takes over. Each counts how often it was rendered. */
import { ConferProvider, useConferEntries, useConferValue } from '@confer/client/react';
import { createElement as h, StrictMode, useSyncExternalStore } from 'react';

export const renders = {};
export const rendered = (name) => {
  renders[name] = (renders[name] ?? 0) + 1;
};

const Pool = () => {
  rendered('pool');
  const value = useConferValue('/app/db/pool', { parse: true });
  return h('p', { id: 'pool' }, `${typeof value} ${value}`);
};
const Motd = () => {
  rendered('motd');
  return h('p', { id: 'motd' }, useConferValue('/app/motd'));
};
const Database = () => {
  rendered('entries');
  const entries = useConferEntries('/app/db');
  return h('p', { id: 'entries' }, entries.map(({ path }) => path).join(' '));
};

/** A part of the page that can be left and come back to. */
let isThere = true;
const listeners = new Set();
export const route = (to) => {
  isThere = to;
  for (const each of listeners) each();
};
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const Routed = () =>
  useSyncExternalStore(
    subscribe,
    () => isThere,
    () => true,
  )
    ? h(Pool)
    : null;

export const shop = (client, bootstrap) =>
  h(
    StrictMode,
    null,
    h(ConferProvider, { client, subtree: '/app', bootstrap }, h(Routed), h(Motd), h(Database)),
  );
