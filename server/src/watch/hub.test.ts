import { Digest, type DownMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../engine/memory/disk.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

type Mode = 'state' | 'events';

async function watching(
  scene: ReturnType<typeof startCore>,
  path: string,
  mode: Mode,
  after?: { epoch: string; revision: number },
) {
  const client = RawClient.open(scene.core);
  client.send({ type: 'watch', id: 1, path, mode, ...(after === undefined ? {} : { after }) });
  const { watch, revision } = client.take('watching');
  await scene.settle();
  return { client, watch, revision };
}

const typesOf = (messages: readonly DownMessage[]) => messages.map(({ type }) => type);

describe('a state watch from nothing', () => {
  it('is synced at once where the subtree is empty', async () => {
    const scene = startCore();
    await scene.put('/apple', '1');
    const { client } = await watching(scene, '/app', 'state');
    expect(client.take('synced')).toMatchObject({
      revision: 1,
      entries: 0,
      digest: '0000000000000000',
    });
    expect(client.received).toEqual([]);
  });

  it('W4 gets pages of one revision, however much is written meanwhile', async () => {
    const scene = startCore();
    for (let i = 0; i < 8; i++) await scene.put(`/app/${i}`, 'x'.repeat(100_000));
    const client = RawClient.open(scene.core);
    client.answer = 'buffered';
    client.send({ type: 'watch', id: 1, path: '/app', mode: 'state' });
    for (let i = 0; i < 8; i++) await scene.put(`/app/${i}`, 'new');
    const pages = [];
    for (;;) {
      client.drain();
      client.answer = 'buffered';
      await scene.settle();
      if (client.received.some(({ type }) => type === 'synced')) break;
    }
    client.take('watching');
    while (client.received[0]?.type === 'snapshot') pages.push(client.take('snapshot'));
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(pages.map(({ revision }) => revision))).toEqual(new Set([8]));
    const entries = pages.flatMap((page) => page.entries);
    expect(entries.map(({ path, value }) => [path, value.length])).toEqual(
      Array.from({ length: 8 }, (_, i) => [`/app/${i}`, 100_000]),
    );
    const digest = new Digest();
    for (const { path, modRevision } of entries) digest.add(path, modRevision);
    expect(client.take('synced')).toMatchObject({
      revision: 8,
      entries: 8,
      digest: digest.toString(),
    });
    client.drain();
    await scene.settle();
    const batch = client.take('commits');
    expect(batch).toMatchObject({ from: 8, to: 16 });
    expect(batch.commits.map(({ revision }) => revision)).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
  });
});

describe('a live watch', () => {
  it('W1 W4 gets each commit clipped to the subtree, all of one flush in one frame', async () => {
    const scene = startCore();
    const { client, watch } = await watching(scene, '/app', 'state');
    client.take('synced');
    const put = (path: string) => ({ type: 'put' as const, path, value: 'v' });
    const write = { conditions: [], actor: 'test' };
    void scene.engine.writes.commit({
      ...write,
      requestId: 'a',
      operations: [put('/app/b'), put('/app/a'), put('/apple')],
    });
    void scene.engine.writes.commit({ ...write, requestId: 'b', operations: [put('/other')] });
    void scene.engine.writes.commit({ ...write, requestId: 'c', operations: [put('/app')] });
    await scene.settle();
    expect(client.take('commits')).toMatchObject({
      watch,
      from: 0,
      to: 3,
      commits: [
        { revision: 1, changes: [{ path: '/app/a' }, { path: '/app/b' }] },
        { revision: 3, changes: [{ path: '/app' }] },
      ],
    });
    expect(client.received).toEqual([]);
  });

  it('W3 starts a batch where the last one ended, although others wrote in between', async () => {
    const scene = startCore();
    const { client } = await watching(scene, '/app', 'events');
    await scene.put('/app/a', '1');
    await scene.put('/other', '1');
    await scene.put('/app/a', '2');
    expect(client.take('commits')).toMatchObject({ from: 0, to: 1 });
    expect(client.take('commits')).toMatchObject({ from: 1, to: 3 });
  });

  it('gives equal watches of one connection names of their own', async () => {
    const scene = startCore();
    const client = RawClient.open(scene.core);
    client.send({ type: 'watch', id: 1, path: '/app', mode: 'state' });
    client.send({ type: 'watch', id: 2, path: '/app', mode: 'state' });
    const names = [client.take('watching').watch, client.take('watching').watch];
    expect(new Set(names).size).toBe(2);
    const other = await watching(scene, '/app', 'state');
    expect(names).toContain(other.watch);
  });

  it('sends nothing after unwatched', async () => {
    const scene = startCore();
    const { client, watch } = await watching(scene, '/app', 'state');
    client.take('synced');
    client.send({ type: 'unwatch', id: 2, watch });
    client.take('unwatched');
    await scene.put('/app/a', '1');
    expect(client.received).toEqual([]);
    expect(scene.core.status().watches).toBe(0);
  });

  it('W12 sends a write to the watches of its writer before the answer', async () => {
    const scene = startCore();
    const { client } = await watching(scene, '/app', 'state');
    client.take('synced');
    client.send({
      type: 'commit',
      id: 2,
      requestId: 'r',
      operations: [{ type: 'put', path: '/app/a', value: '1' }],
    });
    await scene.settle();
    expect(typesOf(client.received)).toEqual(['commits', 'committed']);
  });

  it('carries the entry before a change where it was asked for', async () => {
    const scene = startCore();
    await scene.put('/app/a', 'old');
    const client = RawClient.open(scene.core);
    client.send({ type: 'watch', id: 1, path: '/app', mode: 'events', prev: true });
    client.take('watching');
    await scene.put('/app/a', 'new');
    const [commit] = client.take('commits').commits;
    expect(commit?.changes).toMatchObject([{ value: 'new', prev: { value: 'old', version: 1 } }]);
  });
});

describe('a watch that comes back with a position', () => {
  it('W5 gets a synced and nothing else where nothing happened', async () => {
    const scene = startCore();
    const revision = await scene.put('/app/a', '1');
    const after = { epoch: scene.engine.epoch, revision };
    const { client } = await watching(scene, '/app', 'state', after);
    expect(client.take('synced').revision).toBe(revision);
    expect(client.received).toEqual([]);
  });

  it('W5 gets the commits since, in events mode also when none concerned it', async () => {
    const scene = startCore();
    await scene.put('/app/a', '1');
    await scene.put('/app/a', '2');
    await scene.put('/other', '1');
    const { epoch } = scene.engine;
    const state = await watching(scene, '/app', 'state', { epoch, revision: 1 });
    expect(state.client.take('commits')).toMatchObject({ from: 1, to: 3 });
    expect(state.client.take('synced').revision).toBe(3);
    const events = await watching(scene, '/app', 'events', { epoch, revision: 2 });
    expect(events.client.take('commits')).toMatchObject({ from: 2, to: 3, commits: [] });
  });

  it('gets the net difference where it is far behind, every commit in events mode', async () => {
    const scene = startCore();
    await scene.put('/app/gone', '1');
    const { epoch, reads } = scene.engine;
    const { revision } = reads;
    for (let i = 0; i < 10; i++) await scene.put('/app/a', `${i}`.repeat(100_000));
    const remove = { type: 'delete' as const, path: '/app/gone' };
    const write = { conditions: [], actor: 'test', requestId: 'remove' };
    await scene.engine.writes.commit({ ...write, operations: [remove] });
    const state = await watching(scene, '/app', 'state', { epoch, revision });
    expect(state.client.take('difference')).toMatchObject({
      from: 1,
      to: 12,
      changes: [
        { type: 'put', entry: { path: '/app/a', modRevision: 11 } },
        { type: 'delete', path: '/app/gone', cause: 'removed' },
      ],
    });
    expect(state.client.take('synced').revision).toBe(12);
    const events = await watching(scene, '/app', 'events', { epoch, revision });
    const seen = events.client.received.flatMap((message) =>
      message.type === 'commits' ? message.commits.map((commit) => commit.revision) : [],
    );
    expect([...new Set(seen)]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('W3 is told when its position is of another epoch', async () => {
    const scene = startCore();
    const revision = await scene.put('/app/a', '1');
    const { epoch } = scene.engine;
    const other = await watching(scene, '/app', 'state', { epoch: 'other', revision });
    expect(other.client.take('resync').reason).toBe('epoch');
    expect(other.client.take('snapshot').entries).toHaveLength(1);
    expect(other.client.take('synced').revision).toBe(1);
    const ahead = await watching(scene, '/app', 'state', { epoch, revision: 99 });
    expect(ahead.client.take('resync').reason).toBe('epoch');
    const events = await watching(scene, '/app', 'events', { epoch: 'other', revision });
    expect(events.client.take('compacted')).toMatchObject({ reason: 'epoch', revision: 1 });
    expect(scene.core.status().watches).toBe(2);
  });

  it('W3 an event watch is told when its position is compacted, and not one revision too early', async () => {
    const disk = new MemoryDisk();
    const before = startCore({ disk });
    for (let i = 0; i < 5; i++) await before.put('/app/a', `${i}`);
    await before.engine.maintenance.compact(3);
    // A server that starts anew has no recent commits in memory: the engine's history decides.
    const scene = startCore({ disk });
    const { epoch } = scene.engine;
    const events = await watching(scene, '/app', 'events', { epoch, revision: 2 });
    expect(events.client.take('compacted')).toMatchObject({ compactedRevision: 3, revision: 5 });
    const kept = await watching(scene, '/app', 'events', { epoch, revision: 3 });
    expect(kept.client.take('commits')).toMatchObject({ from: 3, to: 5 });
  });

  it('refuses an event watch ahead of history', async () => {
    const scene = startCore();
    const client = RawClient.open(scene.core);
    const after = { epoch: scene.engine.epoch, revision: 1 };
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events', after });
    expect(client.take('error').code).toBe('future_revision');
  });
});

describe('a connection that takes no more', () => {
  it('W10 gets nothing until it drains, while others get everything', async () => {
    const scene = startCore();
    const slow = await watching(scene, '/app', 'state');
    const quick = await watching(scene, '/app', 'state');
    slow.client.take('synced');
    quick.client.take('synced');
    slow.client.answer = 'buffered';
    for (let i = 0; i < 100; i++) await scene.put('/app/a', `${i}`);
    expect(slow.client.received).toHaveLength(1);
    expect(quick.client.received).toHaveLength(100);
    slow.client.drain();
    await scene.settle();
    expect(slow.client.take('commits')).toMatchObject({ from: 0, to: 1 });
    const rest = slow.client.take('commits');
    expect(rest).toMatchObject({ from: 1, to: 100 });
    expect(rest.commits).toHaveLength(99);
    await scene.put('/app/a', 'live');
    expect(slow.client.take('commits')).toMatchObject({ from: 100, to: 101 });
  });

  it('W6 is not told by a heartbeat of what it was not sent', async () => {
    const scene = startCore();
    const { client } = await watching(scene, '/app', 'state');
    client.take('synced');
    client.answer = 'buffered';
    await scene.put('/app/a', '1');
    await scene.put('/app/a', '2');
    client.take('commits');
    scene.clock.advanceAtOnce(10_000);
    expect(client.received).toEqual([]);
    client.drain();
    scene.clock.advanceAtOnce(10_000);
    expect(client.take('heartbeat').revision).toBe(1);
    await scene.settle();
    expect(client.take('commits')).toMatchObject({ from: 1, to: 2 });
  });

  it('W12 is answered about its own write once its lagging watch has it', async () => {
    const scene = startCore();
    const { client } = await watching(scene, '/app', 'state');
    client.take('synced');
    client.answer = 'buffered';
    await scene.put('/app/a', '1');
    await scene.put('/app/a', '2');
    client.answer = 'sent';
    client.send({
      type: 'commit',
      id: 2,
      requestId: 'r',
      operations: [{ type: 'delete', path: '/app/a' }],
    });
    client.drain();
    await scene.settle();
    const types = typesOf(client.received);
    expect(types.indexOf('committed')).toBe(types.length - 1);
    const seen = client.received.flatMap((message) =>
      message.type === 'commits' ? message.commits.map(({ revision }) => revision) : [],
    );
    expect(seen).toEqual([1, 2, 3]);
  });

  it('W4 a commit too large for one frame comes in parts that belong together', async () => {
    const scene = startCore();
    const { client } = await watching(scene, '/app', 'events');
    const value = 'x'.repeat(1_000);
    const operations = Array.from({ length: 3_000 }, (_, i) => ({
      type: 'put' as const,
      path: `/app/${i}`,
      value,
    }));
    const write = { conditions: [], actor: 'test', requestId: 'r' };
    await scene.engine.writes.commit({ ...write, operations });
    await scene.settle();
    const frames = [];
    while (client.received.length > 0) frames.push(client.take('commits'));
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.map(({ more }) => more === true)).toEqual([
      ...frames.slice(1).map(() => true),
      false,
    ]);
    expect(new Set(frames.map(({ from, to }) => `${from}-${to}`))).toEqual(new Set(['0-1']));
    const paths = frames.flatMap(({ commits }) => commits.flatMap(({ changes }) => changes));
    expect(paths).toHaveLength(3_000);
  });
});
