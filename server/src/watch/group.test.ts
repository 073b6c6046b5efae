import { describe, expect, it, vi } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/** Live watches of `/w`, each of a name and so with frames of its own, all on one connection. */
async function manyWatches(scene: Scene, count: number): Promise<RawClient> {
  const client = RawClient.open(scene.core);
  for (let id = 0; id < count; id++) client.send({ type: 'watch', id, path: '/w', mode: 'events' });
  await scene.settle();
  client.received.length = 0;
  return client;
}

function write(scene: Scene, bytes: number, requestId = 'r') {
  const operations = [{ type: 'put', path: '/w/x', value: 'x'.repeat(bytes) } as const];
  return scene.engine.writes.commit({ operations, conditions: [], actor: 'test', requestId });
}

describe('W10 what one turn hands out', () => {
  it('is bounded where one connection watches the same path over and over', async () => {
    const scene = await startCore();
    const client = await manyWatches(scene, 200);
    await write(scene, 500_000);
    expect(client.received.length).toBeGreaterThan(0);
    expect(client.received.length).toBeLessThan(10);
    await scene.settle();
    expect(client.received.filter(({ type }) => type === 'commits')).toHaveLength(200);
  });

  it('is bounded however many batches come in it', async () => {
    const scene = await startCore();
    const client = await manyWatches(scene, 60);
    for (let i = 0; i < 5; i++) await write(scene, 100_000, `r${i}`);
    expect(client.received.length).toBeGreaterThan(0);
    expect(client.received.length).toBeLessThan(50);
    await scene.settle();
    const last = client.received.filter(
      (message) => 'to' in message && message.to === scene.revisionOf(5),
    );
    expect(last).toHaveLength(60);
  });

  it('is bounded where many connections share the frame', async () => {
    const scene = await startCore();
    const clients = await Promise.all(Array.from({ length: 200 }, () => manyWatches(scene, 1)));
    await write(scene, 500_000);
    const served = clients.filter(({ received }) => received.length > 0);
    expect(served.length).toBeGreaterThan(10);
    expect(served.length).toBeLessThan(100);
    await scene.settle();
    for (const { received } of clients)
      expect(received).toMatchObject([{ type: 'commits', to: scene.revisionOf(1) }]);
  });

  it('is nothing for a connection that takes no more, not even the making of a frame', async () => {
    const scene = await startCore();
    const client = await manyWatches(scene, 3);
    client.answer = 'buffered';
    await write(scene, 10);
    await scene.settle();
    expect(client.received).toHaveLength(1);
    client.drain();
    await scene.settle();
    expect(client.received.map((message) => 'watch' in message && message.watch)).toEqual([
      'w1',
      'w2',
      'w3',
    ]);
  });
});

describe('W10 a batch that is too large to be handed to all at once', () => {
  it('is made once for all who catch up with it', async () => {
    const scene = await startCore();
    const clients = await Promise.all(Array.from({ length: 50 }, () => manyWatches(scene, 1)));
    const stringify = vi.spyOn(JSON, 'stringify');
    await write(scene, 1024 * 1024);
    await scene.settle();
    const made = stringify.mock.results.filter(({ value }) => `${value}`.length > 1024 * 1024);
    stringify.mockRestore();
    expect(made).toHaveLength(1);
    for (const { received } of clients)
      expect(received).toMatchObject([{ type: 'commits', to: scene.revisionOf(1) }]);
  });
});
