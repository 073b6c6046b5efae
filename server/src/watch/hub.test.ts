import { Digest, type DownMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { Kept, ON_ETCD } from '../test-support/kept.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

type Mode = 'state' | 'events';

async function watching(
  scene: Scene,
  path: string,
  mode: Mode,
  after?: { epoch: string; revision: number },
) {
  const client = RawClient.open(scene.core);
  client.send({ type: 'watch', id: 1, path, mode, ...(after === undefined ? {} : { after }) });
  await scene.settle();
  const { watch, revision } = client.take('watching');
  return { client, watch, revision };
}

const typesOf = (messages: readonly DownMessage[]) => messages.map(({ type }) => type);

describe('a state watch from nothing', () => {
  it('is synced at once where the subtree is empty', async () => {
    const scene = await startCore();
    const revision = await scene.put('/apple', '1');
    const { client } = await watching(scene, '/app', 'state');
    expect(client.take('synced')).toMatchObject({
      revision,
      entries: 0,
      digest: '0000000000000000',
    });
    expect(client.received).toEqual([]);
  });

  it('W4 gets pages of one revision, however much is written meanwhile', async () => {
    const scene = await startCore();
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
    const eighth = scene.revisionOf(8);
    expect(new Set(pages.map(({ revision }) => revision))).toEqual(new Set([eighth]));
    const entries = pages.flatMap((page) => page.entries);
    expect(entries.map(({ path, value }) => [path, value.length])).toEqual(
      Array.from({ length: 8 }, (_, i) => [`/app/${i}`, 100_000]),
    );
    const digest = new Digest();
    for (const { path, modRevision } of entries) digest.add(path, modRevision);
    expect(client.take('synced')).toMatchObject({
      revision: eighth,
      entries: 8,
      digest: digest.toString(),
    });
    client.drain();
    await scene.settle();
    const batch = client.take('commits');
    expect(batch).toMatchObject({ from: eighth, to: scene.revisionOf(16) });
    expect(batch.commits.map(({ revision }) => revision)).toEqual(
      [9, 10, 11, 12, 13, 14, 15, 16].map(scene.revisionOf),
    );
  });
});

describe('a live watch', () => {
  const put = (path: string) => ({ type: 'put' as const, path, value: 'v' });
  const writes = [
    [put('/app/b'), put('/app/a'), put('/apple')],
    [put('/other')],
    [put('/app')],
  ].map((operations, i) => ({
    operations,
    conditions: [],
    actor: 'test',
    requestId: `write-${i}`,
  }));

  it('W1 W4 gets each commit clipped to the subtree', async () => {
    const scene = await startCore();
    const { client, watch, revision } = await watching(scene, '/app', 'state');
    client.take('synced');
    for (const write of writes) await scene.engine.writes.commit(write);
    const [first, , third] = [1, 2, 3].map(scene.revisionOf);
    expect(client.received).toMatchObject([
      {
        type: 'commits',
        watch,
        from: revision,
        to: first,
        commits: [{ revision: first, changes: [{ path: '/app/a' }, { path: '/app/b' }] }],
      },
      { type: 'commits', from: first, to: third, commits: [{ changes: [{ path: '/app' }] }] },
    ]);
  });

  it.skipIf(ON_ETCD)(
    'gets all of one flush in one frame (on the memory engine: requests to a cluster are made one by one)',
    async () => {
      const scene = await startCore();
      const { client } = await watching(scene, '/app', 'state');
      client.take('synced');
      for (const write of writes) void scene.engine.writes.commit(write);
      await scene.settle();
      const { from, to, commits } = client.take('commits');
      expect({ from, to }).toEqual({ from: 0, to: 3 });
      expect(commits.map(({ revision }) => revision)).toEqual([1, 3]);
      expect(client.received).toEqual([]);
    },
  );

  it('W3 starts a batch where the last one ended, although others wrote in between', async () => {
    const scene = await startCore();
    const { client, revision } = await watching(scene, '/app', 'events');
    const first = await scene.put('/app/a', '1');
    await scene.put('/other', '1');
    const third = await scene.put('/app/a', '2');
    expect(client.take('commits')).toMatchObject({ from: revision, to: first });
    expect(client.take('commits')).toMatchObject({ from: first, to: third });
  });

  it('gives equal watches of one connection names of their own', async () => {
    const scene = await startCore();
    const client = RawClient.open(scene.core);
    client.send({ type: 'watch', id: 1, path: '/app', mode: 'state' });
    client.send({ type: 'watch', id: 2, path: '/app', mode: 'state' });
    const names = [client.take('watching').watch, client.take('watching').watch];
    expect(new Set(names).size).toBe(2);
    const other = await watching(scene, '/app', 'state');
    expect(names).toContain(other.watch);
  });

  it('sends nothing after unwatched', async () => {
    const scene = await startCore();
    const { client, watch } = await watching(scene, '/app', 'state');
    client.take('synced');
    client.send({ type: 'unwatch', id: 2, watch });
    client.take('unwatched');
    await scene.put('/app/a', '1');
    expect(client.received).toEqual([]);
    expect(scene.core.status().watches).toBe(0);
  });

  it('W12 sends a write to the watches of its writer before the answer', async () => {
    const scene = await startCore();
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
    const scene = await startCore();
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
    const scene = await startCore();
    const revision = await scene.put('/app/a', '1');
    const after = { epoch: scene.engine.epoch, revision };
    const { client } = await watching(scene, '/app', 'state', after);
    expect(client.take('synced').revision).toBe(revision);
    expect(client.received).toEqual([]);
  });

  it('W5 gets the commits since, in events mode also when none concerned it', async () => {
    const scene = await startCore();
    const first = await scene.put('/app/a', '1');
    const second = await scene.put('/app/a', '2');
    const third = await scene.put('/other', '1');
    const { epoch } = scene.engine;
    const state = await watching(scene, '/app', 'state', { epoch, revision: first });
    expect(state.client.take('commits')).toMatchObject({ from: first, to: third });
    expect(state.client.take('synced').revision).toBe(third);
    const events = await watching(scene, '/app', 'events', { epoch, revision: second });
    expect(events.client.take('commits')).toMatchObject({ from: second, to: third, commits: [] });
  });

  it('gets the net difference where it is far behind, every commit in events mode', async () => {
    const scene = await startCore();
    await scene.put('/app/gone', '1');
    const { epoch } = scene.engine;
    const revision = scene.revisionOf(1);
    for (let i = 0; i < 10; i++) await scene.put('/app/a', `${i}`.repeat(100_000));
    const remove = { type: 'delete' as const, path: '/app/gone' };
    const write = { conditions: [], actor: 'test', requestId: 'remove' };
    await scene.engine.writes.commit({ ...write, operations: [remove] });
    const state = await watching(scene, '/app', 'state', { epoch, revision });
    expect(state.client.take('difference')).toMatchObject({
      from: revision,
      to: scene.revisionOf(12),
      changes: [
        { type: 'put', entry: { path: '/app/a', modRevision: scene.revisionOf(11) } },
        { type: 'delete', path: '/app/gone', cause: 'removed' },
      ],
    });
    expect(state.client.take('synced').revision).toBe(scene.revisionOf(12));
    const events = await watching(scene, '/app', 'events', { epoch, revision });
    const seen = events.client.received.flatMap((message) =>
      message.type === 'commits' ? message.commits.map((commit) => commit.revision) : [],
    );
    expect([...new Set(seen)]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(scene.revisionOf));
  });

  it('W3 is told when its position is of another epoch', async () => {
    const scene = await startCore();
    const revision = await scene.put('/app/a', '1');
    const { epoch } = scene.engine;
    const other = await watching(scene, '/app', 'state', { epoch: 'other', revision });
    expect(other.client.take('resync').reason).toBe('epoch');
    expect(other.client.take('snapshot').entries).toHaveLength(1);
    expect(other.client.take('synced').revision).toBe(revision);
    const ahead = await watching(scene, '/app', 'state', { epoch, revision: revision + 99 });
    expect(ahead.client.take('resync').reason).toBe('epoch');
    const events = await watching(scene, '/app', 'events', { epoch: 'other', revision });
    const now = scene.engine.reads.revision;
    expect(events.client.take('compacted')).toMatchObject({ reason: 'epoch', revision: now });
    expect(scene.core.status().watches).toBe(2);
  });

  it('W3 an event watch is told when its position is compacted, and not one revision too early', async () => {
    const kept = new Kept();
    const before = await startCore({ kept });
    for (let i = 0; i < 5; i++) await before.put('/app/a', `${i}`);
    const third = before.revisionOf(3);
    await before.engine.maintenance.compact(third);
    await before.settle();
    // A server that starts anew has no recent commits in memory: the engine's history decides.
    const scene = await startCore({ kept });
    const { epoch, reads } = scene.engine;
    const { revision } = reads;
    const events = await watching(scene, '/app', 'events', { epoch, revision: third - 1 });
    const told = { compactedRevision: third, revision };
    expect(events.client.take('compacted')).toMatchObject(told);
    const at = await watching(scene, '/app', 'events', { epoch, revision: third });
    expect(at.client.take('commits')).toMatchObject({ from: third, to: revision });
  });

  it('refuses an event watch ahead of history', async () => {
    const scene = await startCore();
    const client = RawClient.open(scene.core);
    const { epoch, reads } = scene.engine;
    const after = { epoch, revision: reads.revision + 99 };
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events', after });
    await scene.settle();
    expect(client.take('error').code).toBe('future_revision');
  });
});

describe('a connection that takes no more', () => {
  it('W10 gets nothing until it drains, while others get everything', async () => {
    const scene = await startCore();
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
    const [first, last] = [scene.revisionOf(1), scene.revisionOf(100)];
    expect(slow.client.take('commits')).toMatchObject({ from: slow.revision, to: first });
    const rest = slow.client.take('commits');
    expect(rest).toMatchObject({ from: first, to: last });
    expect(rest.commits).toHaveLength(99);
    const live = await scene.put('/app/a', 'live');
    expect(slow.client.take('commits')).toMatchObject({ from: last, to: live });
  });

  it('W6 is not told by a heartbeat of what it was not sent', async () => {
    const scene = await startCore();
    const { client } = await watching(scene, '/app', 'state');
    client.take('synced');
    client.answer = 'buffered';
    const first = await scene.put('/app/a', '1');
    const second = await scene.put('/app/a', '2');
    client.take('commits');
    scene.clock.advanceAtOnce(10_000);
    expect(client.received).toEqual([]);
    client.drain();
    scene.clock.advanceAtOnce(10_000);
    expect(client.take('heartbeat').revision).toBe(first);
    await scene.settle();
    expect(client.take('commits')).toMatchObject({ from: first, to: second });
  });

  it('W12 is answered about its own write once its lagging watch has it', async () => {
    const scene = await startCore();
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
    expect(seen).toEqual([1, 2, 3].map(scene.revisionOf));
  });

  it('W4 a commit too large for one frame comes in parts that belong together', async () => {
    const scene = await startCore();
    const { client, revision } = await watching(scene, '/app', 'events');
    const value = 'x'.repeat(1_000);
    // As much as every engine takes.
    const operations = Array.from({ length: 1_400 }, (_, i) => ({
      type: 'put' as const,
      path: `/app/${i}`,
      value,
    }));
    const write = { conditions: [], actor: 'test', requestId: 'r' };
    await scene.engine.writes.commit({ ...write, operations });
    await scene.settle();
    const frames = [];
    while (client.received.length > 0) frames.push(client.take('commits'));
    expect(frames.length).toBeGreaterThan(3);
    expect(frames.map(({ more }) => more === true)).toEqual([
      ...frames.slice(1).map(() => true),
      false,
    ]);
    const span = `${revision}-${scene.revisionOf(1)}`;
    expect(new Set(frames.map(({ from, to }) => `${from}-${to}`))).toEqual(new Set([span]));
    const paths = frames.flatMap(({ commits }) => commits.flatMap(({ changes }) => changes));
    expect(paths).toHaveLength(1_400);
  });
});
