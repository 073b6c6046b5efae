import { Digest, type DownMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../engine/memory/disk.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** A server that starts anew has no recent commits in memory: the engine's history decides. */
function restarted(disk: MemoryDisk, tombstonesMax?: number): Scene {
  return startCore({ disk, ...(tombstonesMax === undefined ? {} : { tombstonesMax }) });
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

/** `/app` with 6 large entries; at revision 6 all is as it will stay but for what is said. */
async function filled(disk: MemoryDisk): Promise<Scene> {
  const scene = startCore({ disk });
  for (let i = 0; i < 6; i++) await scene.put(`/app/${i}`, `${i}`.repeat(100_000));
  return scene;
}

describe('a state watch whose position is compacted', () => {
  it('W3 gets what is newer and what is deleted since, and the digest of all', async () => {
    const disk = new MemoryDisk();
    const before = await filled(disk);
    await before.put('/app/3', 'new');
    await before.remove('/app/1');
    await before.remove('/app/4');
    await before.put('/app/4', 'again');
    await before.put('/apple', 'outside');
    await before.engine.maintenance.compact(before.engine.reads.revision);
    const scene = restarted(disk);
    const client = resume(scene, 6);
    await scene.settle();
    client.take('watching');
    expect(client.take('difference')).toMatchObject({
      from: 6,
      to: 11,
      changes: [
        { type: 'delete', path: '/app/1', cause: 'removed' },
        { type: 'put', entry: { path: '/app/3', value: 'new', modRevision: 7 } },
        { type: 'put', entry: { path: '/app/4', value: 'again', modRevision: 10 } },
      ],
    });
    expect(client.take('synced')).toMatchObject({ revision: 11, ...digestOf(scene, '/app') });
    await scene.put('/app/0', 'live');
    expect(client.take('commits')).toMatchObject({ from: 11, to: 12 });
    expect(client.received).toEqual([]);
  });

  it('gets no page where nothing changed in its subtree', async () => {
    const disk = new MemoryDisk();
    const before = await filled(disk);
    await before.put('/other', '1');
    await before.engine.maintenance.compact(7);
    const scene = restarted(disk);
    const client = resume(scene, 6);
    await scene.settle();
    client.take('watching');
    expect(client.take('synced')).toMatchObject({ revision: 7, ...digestOf(scene, '/app') });
    expect(client.received).toEqual([]);
  });

  it('gets pages of one revision, and then what was written meanwhile', async () => {
    const disk = new MemoryDisk();
    await (await filled(disk)).engine.maintenance.compact(6);
    const scene = restarted(disk);
    const client = resume(scene, 0);
    await takeSlowly(scene, client, () => scene.put('/app/5', 'newer'));
    client.take('watching');
    const pages = [];
    while (client.received[0]?.type === 'difference') pages.push(client.take('difference'));
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(pages.map(({ from, to }) => `${from}-${to}`))).toEqual(new Set(['0-6']));
    const sizes = pages.flatMap(({ changes }) =>
      changes.map((change) => (change.type === 'put' ? change.entry.value.length : 0)),
    );
    expect(sizes).toEqual(Array.from({ length: 6 }, () => 100_000));
    expect(client.take('synced').revision).toBe(6);
    client.drain();
    await scene.settle();
    expect(client.take('commits')).toMatchObject({ from: 6, to: scene.engine.reads.revision });
  });

  it('begins again at a newer revision when a compaction passes it', async () => {
    const disk = new MemoryDisk();
    await (await filled(disk)).engine.maintenance.compact(6);
    const scene = restarted(disk);
    const client = resume(scene, 0);
    await takeSlowly(scene, client, async (frames) => {
      if (frames !== 2) return;
      await scene.remove('/app/0');
      await scene.engine.maintenance.compact(7);
    });
    client.take('watching');
    const pages = [];
    while (client.received[0]?.type === 'difference') pages.push(client.take('difference'));
    const [first, ...rest] = pages;
    expect(first).toMatchObject({ from: 0, to: 6 });
    expect(new Set(rest.map(({ from, to }) => `${from}-${to}`))).toEqual(new Set(['0-7']));
    const paths = rest.flatMap(({ changes }) =>
      changes.map((change) => (change.type === 'put' ? change.entry.path : `-${change.path}`)),
    );
    expect(paths).toEqual(['-/app/0', '/app/1', '/app/2', '/app/3', '/app/4', '/app/5']);
    expect(client.take('synced')).toMatchObject({ revision: 7, ...digestOf(scene, '/app') });
  });

  it('W3 is told to start anew where a delete since is not known any more', async () => {
    const disk = new MemoryDisk();
    const before = startCore({ disk, tombstonesMax: 0 });
    await before.put('/app/a', '1');
    await before.put('/app/b', '1');
    const floor = await before.remove('/app/a');
    await before.put('/app/b', '2');
    await before.engine.maintenance.compact(4);
    const scene = restarted(disk, 0);
    expect(scene.engine.reads.tombstoneFloor).toBe(floor);
    const below = resume(scene, floor - 1);
    const at = resume(scene, floor);
    await scene.settle();
    below.take('watching');
    expect(below.take('resync').reason).toBe('compacted');
    expect(below.received.map(({ type }) => type)).toEqual(['snapshot', 'synced']);
    at.take('watching');
    expect(at.take('difference')).toMatchObject({ from: floor, to: 4 });
    expect(at.take('synced').revision).toBe(4);
  });

  it('W3 is told to start anew when deletes are forgotten between two of its pages', async () => {
    const disk = new MemoryDisk();
    await (await filled(disk)).engine.maintenance.compact(6);
    const scene = restarted(disk, 0);
    const client = resume(scene, 0);
    await takeSlowly(scene, client, async (frames) => {
      if (frames !== 2) return;
      await scene.remove('/app/0');
      await scene.engine.maintenance.compact(scene.engine.reads.revision);
    });
    client.take('watching');
    expect(client.take('difference').to).toBe(6);
    expect(client.take('resync').reason).toBe('compacted');
    expect(client.take('snapshot').revision).toBe(7);
  });

  it('W10 looks at a bounded piece at a time, whatever it finds', async () => {
    const disk = new MemoryDisk();
    const before = startCore({ disk });
    const operations = Array.from({ length: 9_000 }, (_, i) => ({
      type: 'put' as const,
      path: `/app/${i}`,
      value: '',
    }));
    const write = { conditions: [], actor: 'test', requestId: 'r' };
    await before.engine.writes.commit({ ...write, operations });
    await before.put('/app/7777', 'new');
    await before.engine.maintenance.compact(2);
    const scene = restarted(disk);
    const looks: number[] = [];
    const { scanStates } = scene.engine.reads;
    scene.engine.reads.scanStates = function* (query) {
      const look = looks.push(0) - 1;
      for (const state of scanStates.call(scene.engine.reads, query)) {
        looks[look] = (looks[look] ?? 0) + 1;
        yield state;
      }
    };
    const client = resume(scene, 1);
    await scene.settle();
    client.take('watching');
    expect(client.take('difference').changes).toHaveLength(1);
    expect(client.take('synced')).toMatchObject({ revision: 2, entries: 9_000 });
    expect(looks.length).toBeGreaterThan(4);
    expect(Math.max(...looks)).toBeLessThan(1_100);
  });
});

it('a live watch that fell behind history catches up with a difference', async () => {
  const scene = startCore();
  const first = await scene.put('/app/a', '0');
  const client = resume(scene, first);
  await scene.settle();
  client.answer = 'buffered';
  await scene.put('/app/a', '1');
  for (let i = 0; i < 10_001; i++) await scene.engine.writes.commit(writeOf(i));
  // The window closes at once; the rest waits for the clock.
  void scene.engine.maintenance.compact(scene.engine.reads.revision);
  client.received.length = 0;
  client.drain();
  await scene.settle();
  const { revision } = scene.engine.reads;
  expect(client.take('difference')).toMatchObject({ from: 2, to: revision });
  expect(client.take('synced').revision).toBe(revision);
});

function writeOf(i: number) {
  const operations = [{ type: 'put' as const, path: '/app/b', value: `${i}` }];
  return { operations, conditions: [], actor: 'test', requestId: `write-${i}` };
}
