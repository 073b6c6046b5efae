import { Digest } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import { Store } from '../store/store.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';
import { Digests } from './digests.ts';

function truth({ engine }: Scene, subtree: string) {
  const digest = new Digest();
  const entries = [...engine.reads.scan({ subtree, at: engine.reads.revision })];
  for (const { path, modRevision } of entries) digest.add(path, modRevision);
  return { revision: engine.reads.revision, entries: entries.length, digest: digest.toString() };
}

function filling(entries: number) {
  const operations = Array.from({ length: entries }, (_, i) => ({
    type: 'put' as const,
    path: `/app/${i}`,
    value: '',
  }));
  return { operations, conditions: [], actor: 'test', requestId: 'fill' };
}

async function filled(entries: number): Promise<Scene> {
  const scene = await startCore();
  await scene.engine.writes.commit(filling(entries));
  await scene.settle();
  return scene;
}

async function watching(scene: Scene, revision?: number) {
  const client = RawClient.open(scene.core);
  const after = revision === undefined ? {} : { after: { epoch: scene.engine.epoch, revision } };
  client.send({ type: 'watch', id: 1, path: '/app', mode: 'state', ...after });
  const { watch } = client.take('watching');
  await scene.settle();
  return { client, watch };
}

async function verified(scene: Scene, client: RawClient, watch: string) {
  client.received.length = 0;
  client.send({ type: 'verify', id: 7, watch });
  expect(client.take('verifying')).toEqual({ type: 'verifying', id: 7 });
  await scene.settle();
  return client.take('synced');
}

describe('W7 the digest of a subtree', () => {
  it('comes with the `synced` of who continues, and costs nothing while somebody watches', async () => {
    const scene = await filled(5_000);
    await watching(scene);
    await scene.put('/app/3', 'new');
    await scene.put('/app/new', 'new');
    await scene.remove('/app/4');
    await scene.put('/apple', 'elsewhere');
    const { client } = await watching(scene, scene.engine.reads.revision);
    expect(client.received).toMatchObject([{ type: 'synced', ...truth(scene, '/app') }]);
  });

  it('comes to who continues where nobody watched, if the subtree is soon looked through', async () => {
    const small = await filled(1_000);
    const { client } = await watching(small, small.revisionOf(1));
    expect(client.take('synced')).toMatchObject(truth(small, '/app'));
    const large = await filled(1_001);
    const other = await watching(large, large.revisionOf(1));
    expect(other.client.take('synced')).toEqual({
      type: 'synced',
      watch: 'w1',
      revision: large.revisionOf(1),
      by: 'nothing',
    });
  });

  it('is found out anew after a commit that is too large to keep it up with', async () => {
    const scene = await filled(10);
    const { client, watch } = await watching(scene);
    client.received.length = 0;
    await scene.engine.writes.commit({ ...filling(10_001), requestId: 'large' });
    while (!client.received.some(({ type }) => type === 'synced')) await scene.settle();
    expect(await verified(scene, client, watch)).toMatchObject(truth(scene, '/app'));
  });

  it('is sent on demand, however long it takes to find out, and as of what was sent', async () => {
    const scene = await filled(3_500);
    const { client, watch } = await watching(scene, scene.revisionOf(1));
    expect(await verified(scene, client, watch)).toMatchObject(truth(scene, '/app'));
    await scene.put('/app/1', 'new');
    await scene.remove('/app/2');
    expect(await verified(scene, client, watch)).toMatchObject(truth(scene, '/app'));
  });

  it('is sent to a slow reader once it has everything', async () => {
    const scene = await filled(10);
    const { client, watch } = await watching(scene);
    client.answer = 'buffered';
    await scene.put('/app/1', 'one');
    await scene.put('/app/1', 'two');
    client.send({ type: 'verify', id: 7, watch });
    await scene.settle();
    expect(client.received.filter(({ type }) => type === 'synced')).toHaveLength(1);
    client.drain();
    await scene.settle();
    expect(client.received.slice(-2)).toMatchObject([
      { type: 'commits', to: scene.revisionOf(3) },
      { type: 'synced', ...truth(scene, '/app') },
    ]);
  });

  it('is not there to verify for an event watch, nor for a watch of others', async () => {
    const scene = await filled(1);
    const client = RawClient.open(scene.core);
    client.send({ type: 'watch', id: 1, path: '/app', mode: 'events' });
    const { watch } = client.take('watching');
    client.send({ type: 'verify', id: 2, watch });
    expect(client.take('error')).toMatchObject({ id: 2, code: 'unknown_watch' });
    client.send({ type: 'verify', id: 3, watch: 'w99' });
    expect(client.take('error')).toMatchObject({ id: 3, code: 'unknown_watch' });
  });

  it('is found out anew where history was compacted in the middle of it', async () => {
    const scene = await filled(2_500);
    const { client, watch } = await watching(scene, scene.revisionOf(1));
    client.send({ type: 'verify', id: 7, watch });
    client.received.length = 0;
    const revision = await scene.put('/app/1', 'new');
    const { entries, digest } = truth(scene, '/app');
    await scene.engine.maintenance.compact(revision);
    await scene.settle();
    expect(client.received.at(-1)).toMatchObject({ type: 'synced', revision, entries, digest });
  });
});

describe('the digests that are kept', () => {
  it('W10 are bounded: those that were not asked for go first', async () => {
    const setTimer = (_: number, run: () => void) => {
      queueMicrotask(run);
      return { cancel: () => {} };
    };
    const clock = { now: () => 0, setTimer };
    const engine = openMemoryEngine({ clock, newId: () => 'e1' });
    const store = new Store(engine, () => {});
    await engine.writes.commit(filling(2_500));
    const digests = new Digests(store, 2);
    const steps = (subtree: string) => {
      for (let step = 1; ; step++) if (digests.prove(subtree) !== undefined) return step;
    };
    expect(['/app', '/b', '/app', '/c', '/app', '/b'].map(steps)).toEqual([3, 1, 1, 1, 1, 1]);
    expect(['/d', '/e', '/app'].map(steps)).toEqual([1, 1, 3]);
  });
});
