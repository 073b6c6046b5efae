import { describe, expect, it } from 'vitest';
import type { Engine, Health } from '../engine/engine.ts';
import { Feed } from '../engine/feed.ts';
import { ReplicaReads } from '../engine/replica/replica-reads.ts';
import { Kept, ON_ETCD } from '../test-support/kept.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

/** Reads of a replica: what is local may be behind. */
class BehindReads extends ReplicaReads {
  catchUp = () => {};
  #caughtUp = new Promise<void>((resolve) => {
    this.catchUp = resolve;
  });

  override barrier(): Promise<void> {
    return this.#caughtUp;
  }

  override reach(revision: number): boolean | Promise<boolean> {
    return revision <= this.revision || this.#caughtUp.then(() => true);
  }
}

/** A core on a memory engine whose feed tells what the test says, as that of something remote would. */
async function startRemote() {
  const kept = new Kept();
  const feed = new Feed();
  const reads = new BehindReads(kept.disk);
  let current: Health = { kind: 'well' };
  const health = {
    get current() {
      return current;
    },
    onChange: () => {},
  };
  const wrap = ({ name, supports, epoch, timelines, writes, maintenance }: Engine) => {
    const same = { name, supports, epoch, timelines, writes, maintenance };
    return { ...same, reads, feed, health, close: async () => {} };
  };
  const become = (next: Health) => {
    current = next;
  };
  return { ...(await startCore({ kept, wrap })), feed, reads, become };
}

describe.skipIf(ON_ETCD)('what a remote engine tells (on a memory engine that plays one)', () => {
  it('W6 moves the position of idle watches where nothing happened', async () => {
    const { core, clock, feed, put, settle } = await startRemote();
    const client = RawClient.open(core);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'state' });
    await settle();
    await put('/elsewhere', '1');
    feed.tell({ kind: 'progress', revision: 1 });
    clock.advanceAtOnce(10_000);
    expect(client.received.at(-1)).toEqual({ type: 'heartbeat', revision: 1 });
  });

  it('W3 leads every watch over a jump by the difference, or tells it that history does not reach back', async () => {
    const { core, engine, feed, put, remove, settle } = await startRemote();
    await put('/a/gone', '1');
    const client = RawClient.open(core);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'state' });
    client.send({ type: 'watch', id: 2, path: '/a', mode: 'events' });
    client.send({ type: 'watch', id: 3, path: '/b', mode: 'state' });
    feed.tell({ kind: 'progress', revision: 1 });
    await settle();
    client.received.length = 0;
    await put('/a/new', '2');
    await remove('/a/gone');
    await engine.maintenance.compact(3);
    feed.tell({ kind: 'jump', revision: 3 });
    await settle();
    const told = client.received.map((message) => [
      message.type,
      'watch' in message && message.watch,
    ]);
    expect(told.filter(([, watch]) => watch === 'w1')).toEqual([
      ['difference', 'w1'],
      ['synced', 'w1'],
    ]);
    expect(client.received).toContainEqual(
      expect.objectContaining({ type: 'compacted', compactedRevision: 3 }),
    );
    const difference = client.received.find(
      (message) => message.type === 'difference' && message.watch === 'w1',
    );
    expect(difference).toMatchObject({
      to: 3,
      changes: [
        { type: 'delete', path: '/a/gone', cause: 'removed' },
        { type: 'put', entry: { path: '/a/new', value: '2' } },
      ],
    });
  });

  it('S2 lets a read wait for the barrier, and W9 a watch for what its client saw elsewhere', async () => {
    const { core, engine, feed, put, reads, settle } = await startRemote();
    const client = RawClient.open(core);
    client.send({ type: 'get', id: 1, path: '/a' });
    client.send({ type: 'list', id: 2, path: '/' });
    client.send({ type: 'list', id: 3, path: '/', at: 0 });
    const after = { epoch: engine.epoch, revision: 1 };
    client.send({ type: 'watch', id: 4, path: '/a', mode: 'events', after });
    await settle();
    expect(client.received.map((message) => 'id' in message && message.id)).toEqual([3]);
    client.received.length = 0;
    await put('/a', '1');
    feed.tell({ kind: 'progress', revision: 1 });
    reads.catchUp();
    await settle();
    expect(client.take('got').entry?.value).toBe('1');
    expect(client.take('listed').entries).toHaveLength(1);
    expect(client.take('watching').revision).toBe(1);
  });

  it('answers a stale read at once, of what is there', async () => {
    const { core, put } = await startRemote();
    await put('/a', '1');
    const client = RawClient.open(core);
    client.send({ type: 'get', id: 1, path: '/a', stale: true });
    client.send({ type: 'list', id: 2, path: '/', stale: true });
    expect(client.take('got')).toMatchObject({ revision: 1, entry: { value: '1' } });
    expect(client.take('listed')).toMatchObject({ revision: 1, entries: [{ path: '/a' }] });
  });

  it('W10 answers what waited for the barrier only as long as the connection takes answers', async () => {
    const { core, put, feed, reads, settle } = await startRemote();
    const client = RawClient.open(core);
    for (let id = 1; id <= 100; id++) client.send({ type: 'get', id, path: '/a' });
    await put('/a', '1');
    feed.tell({ kind: 'progress', revision: 1 });
    client.answer = 'buffered';
    reads.catchUp();
    await settle();
    expect(client.received).toHaveLength(1);
    client.drain();
    await settle();
    expect(client.received.map((message) => 'id' in message && message.id)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  it('W9 lets a page wait for the revision that another server has shown', async () => {
    const { core, put, feed, reads, settle } = await startRemote();
    const client = RawClient.open(core);
    client.send({ type: 'list', id: 1, path: '/', at: 1 });
    await settle();
    expect(client.received).toEqual([]);
    await put('/a', '1');
    feed.tell({ kind: 'progress', revision: 1 });
    reads.catchUp();
    await settle();
    expect(client.take('listed').entries).toHaveLength(1);
  });

  it('W8 passes on with each heartbeat for how long it has been behind, and to who comes at once', async () => {
    const { core, clock, become } = await startRemote();
    const client = RawClient.open(core);
    clock.advanceAtOnce(10_000);
    expect(client.received.at(-1)).toEqual({ type: 'heartbeat', revision: 0 });
    become({ kind: 'behind', since: clock.now(), reason: 'the cluster does not answer' });
    clock.advanceAtOnce(10_000);
    // Each connection beats in a slot of its own, this one in the first of ten.
    expect(client.received.at(-1)).toEqual({ type: 'heartbeat', revision: 0, behindMs: 1_000 });
    const late = RawClient.open(core);
    expect(late.take('heartbeat').behindMs).toBe(10_000);
    expect(core.status()).toMatchObject({
      storage: 'behind',
      storageProblem: 'the cluster does not answer',
    });
    become({ kind: 'well' });
    clock.advanceAtOnce(10_000);
    expect(client.received.at(-1)).toEqual({ type: 'heartbeat', revision: 0 });
  });

  it('W10 opens no watch for a connection that ended while it waited', async () => {
    const { core, engine, feed, put, reads, settle } = await startRemote();
    const client = RawClient.open(core);
    const after = { epoch: engine.epoch, revision: 1 };
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'state', after });
    client.vanish();
    await put('/a', '1');
    feed.tell({ kind: 'progress', revision: 1 });
    reads.catchUp();
    await settle();
    expect(core.status()).toMatchObject({ connections: 0, watches: 0 });
  });
});
