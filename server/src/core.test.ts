import { describe, expect, it } from 'vitest';
import { RawClient } from './test-support/raw-client.ts';
import { startCore } from './test-support/scene.ts';

describe('the status of a server', () => {
  it('says how long it has run, also where somebody has set the clock of the machine back', async () => {
    const { core, clock, settle } = await startCore();
    clock.advanceAtOnce(5_000);
    clock.step(-3_600_000);
    const client = RawClient.open(core);
    client.send({ type: 'status', id: 1 });
    await settle();
    expect(client.take('status')).toMatchObject({ uptimeMs: 5_000 });
  });
});

describe('a server that has stopped', () => {
  it('leaves no timer behind that would keep its process', async () => {
    const { core, clock, settle } = await startCore();
    const client = RawClient.open(core);
    let isStopped = false;
    void core.stop().then(() => {
      isStopped = true;
    });
    for (let waitedMs = 0; waitedMs < 1_000 && !isStopped; waitedMs += 100) {
      clock.advanceAtOnce(100);
      await settle();
    }
    expect(isStopped).toBe(true);
    expect(client.closed?.code).toBe(1012);
    expect(clock.pending).toBe(0);
  });
});
