/** A page of an application with React. What happened in it is in `said`. */
import { connect } from '@confer/client';
import { config } from '@confer/client/config';
import {
  ConferProvider,
  useConferConfig,
  useConferStatus,
  useConferValue,
} from '@confer/client/react';
import { createElement as h, StrictMode, startTransition, useLayoutEffect, useState } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { rendered, renders, route, shop } from './shop.js';

const { server, bootstrap } = JSON.parse(document.querySelector('#given').textContent);
const client = connect(server, { retry: { initialMs: 50, maxMs: 200 } });
const said = { violations: [], errors: [], renders, opened: [], torn: { hooks: 0, bare: 0 } };
addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
  said.violations.push(violatedDirective),
);
addEventListener('error', ({ message }) => said.errors.push(message));
const { mirror } = client;
client.mirror = (...args) => {
  said.opened.push(args[0]);
  return mirror.apply(client, args);
};

/** Any library that keeps to Standard Schema will do: this one takes the numbers that there are. */
const validate = (value) =>
  typeof value.db?.pool === 'number'
    ? { value }
    : { issues: [{ message: 'is no number', path: ['db', 'pool'] }] };
const schema = { '~standard': { version: 1, vendor: 'page', validate } };
const typed = config(client, '/app', schema);
const selectPool = ({ db }) => db.pool;
/** What is not shown by hooks. */
const source = mirror.call(client, '/app');
const Part = () => {
  rendered('part');
  return h('p', { id: 'part' }, useConferConfig(typed, selectPool));
};

const Status = () => {
  const { connection, mirrors, staleSince } = useConferStatus();
  return h('p', { id: 'status' }, `${connection.kind} ${mirrors} ${typeof staleSince}`);
};

/** The first rendering takes long enough for commits to come in between. */
const slowly = (name) => {
  const end = performance.now() + (said[`shown_${name}`] === 40 ? 0 : 4);
  while (performance.now() < end);
};
const Hook = () => {
  slowly('hooks');
  return h('i', { className: 'hooks' }, useConferValue('/app/counter'));
};
/** What such a page shows without hooks. */
const Bare = () => {
  slowly('bare');
  return h('i', { className: 'bare' }, source.value('/app/counter'));
};
const Cells = ({ name, of }) => {
  const [isShown, show] = useState(false);
  window[`show_${name}`] = () => startTransition(() => show(true));
  useLayoutEffect(() => {
    const texts = [...document.querySelectorAll(`.${name}`)].map(({ textContent }) => textContent);
    said[`shown_${name}`] = texts.length;
    if (new Set(texts).size > 1) said.torn[name]++;
  });
  return isShown ? Array.from({ length: 40 }, (_, key) => h(of, { key })) : null;
};

Object.assign(window, { client, said, route });
const onRecoverableError = ({ message }) => said.errors.push(message);
hydrateRoot(document.querySelector('#page'), shop(client, bootstrap), { onRecoverableError });
createRoot(document.querySelector('#more')).render(
  h(
    StrictMode,
    null,
    h(
      ConferProvider,
      { client, subtree: '/app' },
      h(Status),
      h(Part),
      h(Cells, { name: 'hooks', of: Hook }),
      h(Cells, { name: 'bare', of: Bare }),
    ),
  ),
);
