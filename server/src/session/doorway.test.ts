import { describe, expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';

describe('a server that asks who everybody is', () => {
  it('takes a bounded number of connections that say nothing: the oldest make room for who comes', async () => {
    const scene = await startGuarded();
    const silent = Array.from({ length: 100 }, () => new RawClient(scene.core, '10.0.0.1'));
    const isOpen = silent.map(({ closed }) => closed === undefined);
    expect(isOpen).toEqual(Array.from({ length: 100 }, (_, i) => i >= 36));
    expect(silent[0]?.closed?.code).toBe(4420);
    expect(RawClient.as(scene.core, scene.adminToken, '10.0.0.1').closed).toBeUndefined();
  });

  it('lets nobody keep others out by connections that say nothing, from however many addresses', async () => {
    const scene = await startGuarded();
    const waiting = new RawClient(scene.core, '10.9.9.9');
    for (let i = 0; i < 2_000; i++) {
      new RawClient(scene.core, `10.0.${i % 8}.1`);
      if (i % 100 !== 0) continue;
      const address = `10.1.0.${i / 100}`;
      expect(RawClient.as(scene.core, scene.adminToken, address).closed).toBeUndefined();
    }
    // Not even one that is slow to say who it is, among those who fill the door.
    expect(waiting.closed).toBeUndefined();
  });
});
