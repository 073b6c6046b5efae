import { Digest, type DownMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { Kept } from '../test-support/kept.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** A server that starts anew has no recent commits in memory: the engine's history decides. */
function restarted(kept: Kept): Promise<Scene> {
  return startCore({ kept });
}

function resume(scene: Scene, revision: number, path = '/app'): RawClient {
  const client = RawClient.open(scene.core);
  const after = { epoch: scene.engine.epoch, revision };
  client.send({ type: 'watch', id: 1, path, mode: 'state', after });
  return client;
}

/** Lets a client that takes one frame at a time have all until `synced`, with `between` each. */
async function takeSlowly(scene: Scene, client: RawClient, between: (frames: number) => unknown) {
  const isSynced = ({ type }: DownMessage) => type === 'synced';
  client.answer = 'buffered';
  await scene.settle();
  while (!client.received.some(isSynced)) {
    await between(client.received.length);
    client.drain();
    client.answer = 'buffered';
    await scene.settle();
  }
  client.answer = 'sent';
}

function digestOf(scene: Scene, subtree: string): { entries: number; digest: string } {
  const digest = new Digest();
  const entries = [...scene.engine.reads.scan({ subtree, at: scene.engine.reads.revision })];
  for (const { path, modRevision } of entries) digest.add(path, modRevision);
  return { entries: entries.length, digest: digest.toString() };
}

/** `/app` with 6 large entries; after these commits all is as it will stay but for what is said. */
async function filled(kept: Kept): Promise<Scene> {
  const scene = await startCore({ kept });
  for (let i = 0; i < 6; i++) await scene.put(`/app/${i}`, `${i}`.repeat(100_000));
  return scene;
}

/** History is dropped up to the commit of that number. */
async function compactedAfter({ engine, revisionOf, settle }: Scene, number: number) {
  await engine.maintenance.compact(revisionOf(number));
  await settle();
}

const spanOf = ({ from, to }: { from: number; to: number }) => `${from}-${to}`;

describe('a state watch whose position is compacted', () => {
  it('W3 gets what is newer and what is deleted since, and the digest of all', async () => {
    const kept = new Kept();
    const before = await filled(kept);
    await before.put('/app/3', 'new');
    await before.remove('/app/1');
    await before.remove('/app/4');
    await before.put('/app/4', 'again');
    await before.put('/apple', 'outside');
    await before.engine.maintenance.compact(before.engine.reads.revision);
    await before.settle();
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    const sixth = scene.revisionOf(6);
    const client = resume(scene, sixth);
    await scene.settle();
    client.take('watching');
    expect(client.take('difference')).toMatchObject({
      from: sixth,
      to: revision,
      changes: [
        { type: 'delete', path: '/app/1', cause: 'removed' },
        {
          type: 'put',
          entry: { path: '/app/3', value: 'new', modRevision: scene.revisionOf(7) },
        },
        {
          type: 'put',
          entry: { path: '/app/4', value: 'again', modRevision: scene.revisionOf(10) },
        },
      ],
    });
    expect(client.take('synced')).toMatchObject({ revision, ...digestOf(scene, '/app') });
    const live = await scene.put('/app/0', 'live');
    expect(client.take('commits')).toMatchObject({ from: revision, to: live });
    expect(client.received).toEqual([]);
  });

  it('gets no page where nothing changed in its subtree', async () => {
    const kept = new Kept();
    const before = await filled(kept);
    await before.engine.maintenance.compact(await before.put('/other', '1'));
    await before.settle();
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    const client = resume(scene, scene.revisionOf(6));
    await scene.settle();
    client.take('watching');
    expect(client.take('synced')).toMatchObject({ revision, ...digestOf(scene, '/app') });
    expect(client.received).toEqual([]);
  });

  it('gets pages of one revision, and then what was written meanwhile', async () => {
    const kept = new Kept();
    await compactedAfter(await filled(kept), 6);
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    const begin = scene.revisionOf(0);
    const client = resume(scene, begin);
    await takeSlowly(scene, client, () => scene.put('/app/5', 'newer'));
    client.take('watching');
    const pages = [];
    while (client.received[0]?.type === 'difference') pages.push(client.take('difference'));
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(pages.map(spanOf))).toEqual(new Set([`${begin}-${revision}`]));
    const sizes = pages.flatMap(({ changes }) =>
      changes.map((change) => (change.type === 'put' ? change.entry.value.length : 0)),
    );
    expect(sizes).toEqual(Array.from({ length: 6 }, () => 100_000));
    expect(client.take('synced').revision).toBe(revision);
    client.drain();
    await scene.settle();
    const now = scene.engine.reads.revision;
    expect(client.take('commits')).toMatchObject({ from: revision, to: now });
  });

  it('begins again at a newer revision when a compaction passes it', async () => {
    const kept = new Kept();
    await compactedAfter(await filled(kept), 6);
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    const begin = scene.revisionOf(0);
    const client = resume(scene, begin);
    await takeSlowly(scene, client, async (frames) => {
      if (frames !== 2) return;
      await scene.remove('/app/0');
      await compactedAfter(scene, 7);
    });
    const now = scene.engine.reads.revision;
    client.take('watching');
    const pages = [];
    while (client.received[0]?.type === 'difference') pages.push(client.take('difference'));
    const [first, ...rest] = pages;
    expect(first).toMatchObject({ from: begin, to: revision });
    expect(new Set(rest.map(spanOf))).toEqual(new Set([`${begin}-${now}`]));
    const paths = rest.flatMap(({ changes }) =>
      changes.map((change) => (change.type === 'put' ? change.entry.path : `-${change.path}`)),
    );
    expect(paths).toEqual(['-/app/0', '/app/1', '/app/2', '/app/3', '/app/4', '/app/5']);
    expect(client.take('synced')).toMatchObject({ revision: now, ...digestOf(scene, '/app') });
  });

  it('W3 is told to start anew where a delete since is not known any more', async () => {
    const kept = new Kept({ tombstonesMax: 0 });
    const before = await startCore({ kept });
    await before.put('/app/a', '1');
    await before.put('/app/b', '1');
    const floor = await before.remove('/app/a');
    await before.put('/app/b', '2');
    await compactedAfter(before, 4);
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    expect(scene.engine.reads.tombstoneFloor).toBe(floor);
    const below = resume(scene, floor - 1);
    const at = resume(scene, floor);
    await scene.settle();
    below.take('watching');
    expect(below.take('resync').reason).toBe('compacted');
    expect(below.received.map(({ type }) => type)).toEqual(['snapshot', 'synced']);
    at.take('watching');
    expect(at.take('difference')).toMatchObject({ from: floor, to: revision });
    expect(at.take('synced').revision).toBe(revision);
  });

  it('W3 is told to start anew when deletes are forgotten between two of its pages', async () => {
    const kept = new Kept({ tombstonesMax: 0 });
    await compactedAfter(await filled(kept), 6);
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    const client = resume(scene, scene.revisionOf(0));
    await takeSlowly(scene, client, async (frames) => {
      if (frames !== 2) return;
      await scene.remove('/app/0');
      await compactedAfter(scene, 7);
    });
    client.take('watching');
    expect(client.take('difference').to).toBe(revision);
    expect(client.take('resync').reason).toBe('compacted');
    expect(client.take('snapshot').revision).toBe(scene.engine.reads.revision);
  });

  it('W10 looks at a bounded piece at a time, whatever it finds', async () => {
    const kept = new Kept();
    const before = await startCore({ kept });
    const operations = Array.from({ length: 9_000 }, (_, i) => ({
      type: 'put' as const,
      path: `/app/${i}`,
      value: '',
    }));
    const write = { conditions: [], actor: 'test', requestId: 'r' };
    await before.engine.writes.commit({ ...write, operations });
    await before.put('/app/7777', 'new');
    await compactedAfter(before, 2);
    const scene = await restarted(kept);
    const { revision } = scene.engine.reads;
    const looks: number[] = [];
    const { scanStates } = scene.engine.reads;
    scene.engine.reads.scanStates = function* (query) {
      const look = looks.push(0) - 1;
      for (const state of scanStates.call(scene.engine.reads, query)) {
        looks[look] = (looks[look] ?? 0) + 1;
        yield state;
      }
    };
    const client = resume(scene, scene.revisionOf(1));
    await scene.settle();
    client.take('watching');
    expect(client.take('difference').changes).toHaveLength(1);
    expect(client.take('synced')).toMatchObject({ revision, entries: 9_000 });
    expect(looks.length).toBeGreaterThan(4);
    expect(Math.max(...looks)).toBeLessThan(1_100);
  });
});

it('a live watch that fell behind history catches up with a difference', {
  timeout: 60_000,
}, async () => {
  const scene = await startCore();
  const first = await scene.put('/app/a', '0');
  const client = resume(scene, first);
  await scene.settle();
  client.answer = 'buffered';
  const second = await scene.put('/app/a', '1');
  // More than are kept of recent commits.
  for (let i = 0; i < 10_100; i += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, j) => scene.engine.writes.commit(writeOf(i + j))),
    );
  await scene.engine.maintenance.compact(scene.engine.reads.revision);
  client.received.length = 0;
  client.drain();
  await scene.settle();
  const { revision } = scene.engine.reads;
  expect(client.take('difference')).toMatchObject({ from: second, to: revision });
  expect(client.take('synced').revision).toBe(revision);
});

function writeOf(i: number) {
  const operations = [{ type: 'put' as const, path: `/app/b/${i % 100}`, value: `${i}` }];
  return { operations, conditions: [], actor: 'test', requestId: `write-${i}` };
}
