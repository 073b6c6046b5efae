import { describe, expect, it } from 'vitest';
import { ListenerQueue } from '../delivery/listener-queue.ts';
import { HeldLease, sureForMs } from './held-lease.ts';
import { Stopwatch } from './stopwatch.ts';

/** A lease without any timer, on clocks that a test sets by hand. */
function heldFor(ttlMs: number) {
  const clocks = { wallMs: 1_000_000, uptimeMs: 50 };
  const stopwatch = new Stopwatch({ now: () => clocks.wallMs }, () => clocks.uptimeMs);
  const over: string[] = [];
  const lease = new HeldLease(
    {
      ...{ id: 'l', ttlMs, stopwatch, report: () => {} },
      listeners: new ListenerQueue(() => {}),
      onOver: ({ id }) => over.push(id),
      revoke: async () => ({ revision: 1, removed: 0 }),
    },
    stopwatch.now(),
  );
  const pass = (ms: number) => {
    clocks.wallMs += ms;
    clocks.uptimeMs += ms;
  };
  return { lease, clocks, pass, over, stopwatch };
}

describe('a held lease', () => {
  it('is lost at the next look at it once its time is over, without any timer', () => {
    const { lease, pass, over } = heldFor(10_000);
    pass(sureForMs(10_000) - 1);
    expect([lease.status, lease.heldForMs]).toEqual(['held', 1]);
    pass(1);
    expect(lease.status).toBe('lost');
    expect([lease.heldForMs, lease.signal.aborted, over]).toEqual([0, true, ['l']]);
    expect(lease.loss).toMatchObject({ reason: 'unconfirmed' });
  });

  it('is lost in time where the machine has slept, or its clock was set back', () => {
    const asleep = heldFor(10_000);
    asleep.clocks.wallMs += 10_000;
    expect(asleep.lease.status).toBe('lost');
    const setBack = heldFor(10_000);
    setBack.clocks.wallMs -= 3_600_000;
    setBack.clocks.uptimeMs += 10_000;
    expect(setBack.lease.status).toBe('lost');
  });

  it('counts from before what was confirmed was asked, whichever answer comes last', () => {
    const { lease, pass, stopwatch } = heldFor(10_000);
    pass(3_000);
    const first = stopwatch.now();
    pass(1_000);
    const second = stopwatch.now();
    lease.confirm(second);
    lease.confirm(first);
    expect(lease.heldForMs).toBe(sureForMs(10_000));
    pass(9_000);
    lease.confirm(first);
    expect(lease.heldForMs).toBe(sureForMs(10_000) - 9_000);
  });

  it('is never held again once it is lost', () => {
    const { lease, pass, stopwatch } = heldFor(10_000);
    pass(10_000);
    const told: string[] = [];
    lease.on('lost', ({ reason }) => told.push(reason));
    expect(lease.status).toBe('lost');
    lease.confirm(stopwatch.now());
    expect(lease.status).toBe('lost');
    lease.lose('over');
    expect(told).toEqual(['unconfirmed']);
  });

  it('may be given up once it is lost, and is no loss where it was given up', async () => {
    const { lease } = heldFor(10_000);
    await lease.revoke();
    expect([lease.status, lease.loss, lease.signal.aborted]).toEqual(['revoked', undefined, true]);
    const { lease: other, pass } = heldFor(10_000);
    pass(10_000);
    expect(other.status).toBe('lost');
    await other[Symbol.asyncDispose]();
    expect(other.status).toBe('revoked');
  });

  it.each([2_000, 10_000, 60_000, 86_400_000])('leaves a margin of a TTL of %d ms', (ttlMs) => {
    const marginMs = ttlMs - sureForMs(ttlMs);
    expect(marginMs).toBeGreaterThanOrEqual(Math.min(200, ttlMs / 10));
    expect(marginMs).toBeGreaterThanOrEqual(ttlMs / 1_000);
    expect(marginMs).toBeLessThanOrEqual(ttlMs / 10);
  });
});
