import type { WatchMode } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../engine/memory/disk.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** Revisions 1 to 6 of `/a`; history begins after 3. The server has started anew since. */
async function sixRevisions(tombstonesMax?: number): Promise<Scene> {
  const options = {
    disk: new MemoryDisk(),
    ...(tombstonesMax === undefined ? {} : { tombstonesMax }),
  };
  const scene = startCore(options);
  await scene.put('/a', '1');
  await scene.put('/b', '2');
  await scene.remove('/b');
  for (const value of ['4', '5', '6']) await scene.put('/a', value);
  await scene.engine.maintenance.compact(3);
  return startCore(options);
}

async function watchAfter(scene: Scene, mode: WatchMode, revision: number) {
  const client = RawClient.open(scene.core);
  const after = { epoch: scene.engine.epoch, revision };
  client.send({ type: 'watch', id: 1, path: '/', mode, after });
  await scene.settle();
  return client;
}

async function typesAfter(scene: Scene, mode: WatchMode, revision: number) {
  const { received } = await watchAfter(scene, mode, revision);
  return received.map(({ type }) => type);
}

describe('a revision before history, in it, or after it', () => {
  it('is refused, shown and refused where a list asks for it', async () => {
    const client = RawClient.open((await sixRevisions()).core);
    for (const [id, at] of [2, 3, 6, 7].entries()) client.send({ type: 'list', id, path: '/', at });
    expect(client.take('error')).toMatchObject({ id: 0, code: 'compacted', compactedRevision: 3 });
    expect(client.take('listed').entries.map(({ value }) => value)).toEqual(['1']);
    expect(client.take('listed').entries.map(({ value }) => value)).toEqual(['6']);
    expect(client.take('error')).toMatchObject({ id: 3, code: 'future_revision' });
  });

  it('W3 is gone on from by a state watch: with a difference, with commits, or anew', async () => {
    const scene = await sixRevisions();
    const compacted = await watchAfter(scene, 'state', 2);
    expect(compacted.take('watching').revision).toBe(2);
    expect(compacted.take('difference')).toMatchObject({
      from: 2,
      to: 6,
      changes: [
        { type: 'put', entry: { path: '/a', value: '6' } },
        { type: 'delete', path: '/b', cause: 'removed' },
      ],
    });
    expect(compacted.take('synced')).toMatchObject({ revision: 6, entries: 1 });
    expect(await typesAfter(scene, 'state', 3)).toEqual(['watching', 'commits', 'synced']);
    expect(await typesAfter(scene, 'state', 6)).toEqual(['watching', 'synced']);
    const future = await watchAfter(scene, 'state', 7);
    expect(future.take('watching').revision).toBe(6);
    expect(future.take('resync').reason).toBe('epoch');
    expect(future.take('snapshot').revision).toBe(6);
  });

  it('W3 is gone on from anew by a state watch where deletes since then are not known', async () => {
    const client = await watchAfter(await sixRevisions(0), 'state', 2);
    expect(client.take('watching').revision).toBe(2);
    expect(client.take('resync').reason).toBe('compacted');
    expect(client.take('snapshot').revision).toBe(6);
    expect(client.take('synced').revision).toBe(6);
  });

  it('W3 is told to an event watch as compacted, gone on from, and refused', async () => {
    const scene = await sixRevisions();
    const compacted = await watchAfter(scene, 'events', 2);
    compacted.take('watching');
    expect(compacted.take('compacted')).toMatchObject({
      reason: 'compacted',
      compactedRevision: 3,
      revision: 6,
    });
    const available = await watchAfter(scene, 'events', 3);
    expect(available.take('watching').revision).toBe(3);
    expect(available.take('commits')).toMatchObject({ from: 3, to: 6 });
    expect(await typesAfter(scene, 'events', 6)).toEqual(['watching']);
    const future = await watchAfter(scene, 'events', 7);
    expect(future.take('error')).toMatchObject({ code: 'future_revision' });
  });
});

describe('a compaction by request', () => {
  const compact = async (scene: Scene, revision?: number) => {
    const client = RawClient.open(scene.core);
    client.send({ type: 'compact', id: 5, ...(revision === undefined ? {} : { revision }) });
    await scene.settle();
    return client;
  };

  it('goes up to the revision, or up to now', async () => {
    const scene = await sixRevisions();
    const some = await compact(scene, 5);
    expect(some.take('compaction')).toEqual({ type: 'compaction', id: 5, compactedRevision: 5 });
    const all = await compact(scene);
    expect(all.take('compaction').compactedRevision).toBe(6);
    expect(scene.core.status()).toMatchObject({ compactedRevision: 6, entries: 1 });
  });

  it('says where history begins if that is later', async () => {
    const client = await compact(await sixRevisions(), 1);
    expect(client.take('compaction').compactedRevision).toBe(3);
  });

  it('is refused for what has not happened', async () => {
    const client = await compact(await sixRevisions(), 7);
    expect(client.take('error')).toMatchObject({ id: 5, code: 'future_revision' });
  });
});
