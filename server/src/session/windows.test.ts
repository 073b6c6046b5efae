import type { WatchMode } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { Kept } from '../test-support/kept.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** Six commits of `/a` and `/b`; history begins after the third. The server has started anew since. */
async function sixRevisions(tombstonesMax?: number): Promise<Scene> {
  const kept = new Kept(tombstonesMax === undefined ? {} : { tombstonesMax });
  const scene = await startCore({ kept });
  await scene.put('/a', '1');
  await scene.put('/b', '2');
  await scene.remove('/b');
  for (const value of ['4', '5', '6']) await scene.put('/a', value);
  await scene.engine.maintenance.compact(scene.revisionOf(3));
  await scene.settle();
  return startCore({ kept });
}

async function watchAfter(scene: Scene, mode: WatchMode, revision: number) {
  const client = RawClient.open(scene.core);
  const after = { epoch: scene.engine.epoch, revision };
  client.send({ type: 'watch', id: 1, path: '/', mode, after });
  await scene.settle();
  return client;
}

/** After the second commit, after the third, and now. */
function placesOf({ revisionOf, engine }: Scene): [number, number, number] {
  return [revisionOf(2), revisionOf(3), engine.reads.revision];
}

async function typesAfter(scene: Scene, mode: WatchMode, revision: number) {
  const { received } = await watchAfter(scene, mode, revision);
  return received.map(({ type }) => type);
}

describe('a revision before history, in it, or after it', () => {
  it('is refused, shown and refused where a list asks for it', async () => {
    const { core, engine, revisionOf, settle } = await sixRevisions();
    const client = RawClient.open(core);
    const [second, third, sixth] = [revisionOf(2), revisionOf(3), revisionOf(6)];
    for (const [id, at] of [second, third, sixth, engine.reads.revision + 99].entries())
      client.send({ type: 'list', id, path: '/', at });
    await settle();
    const compacted = { id: 0, code: 'compacted', compactedRevision: third };
    expect(client.take('error')).toMatchObject(compacted);
    expect(client.take('listed').entries.map(({ value }) => value)).toEqual(['1']);
    expect(client.take('listed').entries.map(({ value }) => value)).toEqual(['6']);
    expect(client.take('error')).toMatchObject({ id: 3, code: 'future_revision' });
  });

  it('W3 is gone on from by a state watch: with a difference, with commits, or anew', async () => {
    const scene = await sixRevisions();
    const [second, third, now] = placesOf(scene);
    const compacted = await watchAfter(scene, 'state', second);
    expect(compacted.take('watching').revision).toBe(second);
    expect(compacted.take('difference')).toMatchObject({
      from: second,
      to: now,
      changes: [
        { type: 'put', entry: { path: '/a', value: '6' } },
        { type: 'delete', path: '/b', cause: 'removed' },
      ],
    });
    expect(compacted.take('synced')).toMatchObject({ revision: now, entries: 1 });
    expect(await typesAfter(scene, 'state', third)).toEqual(['watching', 'commits', 'synced']);
    expect(await typesAfter(scene, 'state', now)).toEqual(['watching', 'synced']);
    const future = await watchAfter(scene, 'state', now + 99);
    const { revision } = scene.engine.reads;
    expect(future.take('watching').revision).toBe(revision);
    expect(future.take('resync').reason).toBe('epoch');
    expect(future.take('snapshot').revision).toBe(revision);
  });

  it('W3 is gone on from anew by a state watch where deletes since then are not known', async () => {
    const scene = await sixRevisions(0);
    const [second, , now] = placesOf(scene);
    const client = await watchAfter(scene, 'state', second);
    expect(client.take('watching').revision).toBe(second);
    expect(client.take('resync').reason).toBe('compacted');
    expect(client.take('snapshot').revision).toBe(now);
    expect(client.take('synced').revision).toBe(now);
  });

  it('W3 is told to an event watch as compacted, gone on from, and refused', async () => {
    const scene = await sixRevisions();
    const [second, third, now] = placesOf(scene);
    const compacted = await watchAfter(scene, 'events', second);
    compacted.take('watching');
    expect(compacted.take('compacted')).toMatchObject({
      reason: 'compacted',
      compactedRevision: third,
      revision: now,
    });
    const available = await watchAfter(scene, 'events', third);
    expect(available.take('watching').revision).toBe(third);
    expect(available.take('commits')).toMatchObject({ from: third, to: now });
    expect(await typesAfter(scene, 'events', now)).toEqual(['watching']);
    const future = await watchAfter(scene, 'events', now + 99);
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
    const fifth = scene.revisionOf(5);
    const some = await compact(scene, fifth);
    const compactedRevision = fifth;
    expect(some.take('compaction')).toEqual({ type: 'compaction', id: 5, compactedRevision });
    const now = scene.engine.reads.revision;
    const all = await compact(scene);
    expect(all.take('compaction').compactedRevision).toBe(now);
    expect(scene.core.status()).toMatchObject({ compactedRevision: now, entries: 1 });
  });

  it('says where history begins if that is later', async () => {
    const scene = await sixRevisions();
    const client = await compact(scene, scene.revisionOf(1));
    expect(client.take('compaction').compactedRevision).toBe(scene.revisionOf(3));
  });

  it('is refused for what has not happened', async () => {
    const scene = await sixRevisions();
    const client = await compact(scene, scene.engine.reads.revision + 99);
    expect(client.take('error')).toMatchObject({ id: 5, code: 'future_revision' });
  });
});
