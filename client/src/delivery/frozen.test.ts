import { expect, test } from 'vitest';
import type { MirrorChange } from '../api.ts';
import { commit, del, entry, put, startConnected, startMirrored } from '../test-support/scene.ts';

/** Every object in it that could still be changed, by its place. */
function writable(value: unknown, place = 'it'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, item]) => writable(item, `${place}.${key}`));
  return Object.isFrozen(value) ? inside : [place, ...inside];
}

const newA = { type: 'put', path: '/app/a', value: '2', createRevision: 1, version: 2 } as const;
const prev = {
  value: 'a',
  createRevision: 1,
  modRevision: 1,
  version: 1,
  updatedAt: 1,
  updatedBy: '',
};

test('a listener of a mirror cannot change what the others are told', () => {
  const { mirror, server, watch, changes } = startMirrored();
  const commits = [commit(6, put('/app/a', '2'), del('/app/b'))];
  server.say({ type: 'commits', watch, from: 5, to: 6, commits });
  server.say({ type: 'resync', watch, reason: 'compacted', epoch: 'e1' });
  server.say({ type: 'snapshot', watch, revision: 9, entries: [entry('/app/a', '9', 9)] });
  server.say({ type: 'synced', watch, revision: 9 });
  expect(changes.map(({ origin }) => origin)).toEqual(['live', 'resync']);
  expect(writable(changes[0])).toEqual([]);
  expect(writable(changes[1])).toEqual([]);
  expect(writable(mirror.list())).toEqual([]);
});

test('a slow reader cannot change what was merged for it', async () => {
  const { mirror, server, watch } = startMirrored();
  const reader = mirror.changes({ bufferMax: 1 });
  const commits = [commit(6, put('/app/a', '2'), del('/app/b')), commit(7, put('/app/a', '3'))];
  server.say({ type: 'commits', watch, from: 5, to: 7, commits });
  const merged: MirrorChange | undefined = (await reader.next()).value;
  expect(merged?.origin).toBe('resync');
  expect(writable(merged)).toEqual([]);
});

test('a reader of an event watch cannot change the commits that it is handed', async () => {
  const { client, server } = startConnected();
  const reader = client.watch('/app', { prev: true });
  const watch = server.acceptWatch(5);
  const raise = { ...newA, prev };
  const change = { type: 'delete', path: '/app/b', cause: 'removed', prev } as const;
  const commits = [commit(6, raise, change)];
  server.say({ type: 'commits', watch, from: 5, to: 6, commits });
  expect(writable((await reader.next()).value)).toEqual([]);
  expect(writable(await reader.started())).toEqual([]);
});

test('a UI framework cannot change the snapshot that it is given', () => {
  const { mirror } = startMirrored();
  const { entries } = mirror.getSnapshot();
  const written = new Map(entries);
  expect(entries).toBeInstanceOf(Map);
  if (!(entries instanceof Map)) return;
  expect(() => entries.set('/app/a', entry('/app/a', 'mine'))).toThrow(TypeError);
  expect(() => entries.delete('/app/a')).toThrow(TypeError);
  expect(() => entries.clear()).toThrow(TypeError);
  expect(new Map(mirror.getSnapshot().entries)).toEqual(written);
});

test('a position that is handed out is a copy, which its reader may change', () => {
  const { client, mirror, server } = startMirrored();
  const after = { epoch: 'e1', revision: 5 };
  const reader = client.watch('/app', { after });
  server.acceptWatch();
  after.revision = 9;
  Object.assign(mirror.position ?? {}, { revision: 9 });
  Object.assign(reader.position ?? {}, { revision: 9 });
  Object.assign(client.diagnostics().watches[0]?.position ?? {}, { revision: 9 });
  expect([mirror.revision, reader.position?.revision]).toEqual([5, 5]);
});
