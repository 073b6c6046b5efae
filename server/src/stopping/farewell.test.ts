import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { type FarewellPlan, farewellOf, type Guest, sayFarewell } from './farewell.ts';

/** Guests who say when they were told to go, and when they went. */
class Guests {
  readonly clock = new VirtualClock();
  readonly there = new Set<Guest>();
  readonly told: number[] = [];
  readonly gone: number[] = [];
  readonly retries: number[] = [];
  doneMs: number | undefined;
  #randoms = 0;

  /** `busyMs`: what they asked for takes so long; they go at once when they are dismissed. */
  add(count: number, busyMs = 0): void {
    for (let one = 0; one < count; one++) {
      const guest: Guest & { waiting: number } = {
        waiting: busyMs === 0 ? 0 : 1,
        leave: (retryInMs) => {
          this.told.push(this.clock.elapsedMs);
          this.retries.push(retryInMs);
        },
        dismiss: () => {
          this.gone.push(this.clock.elapsedMs);
          this.there.delete(guest);
        },
      };
      if (busyMs > 0)
        this.clock.setTimer(busyMs, () => {
          guest.waiting = 0;
        });
      this.there.add(guest);
    }
  }

  begin(plan: FarewellPlan): void {
    const { clock } = this;
    const uptimeMs = () => clock.elapsedMs;
    // Each quarter of the time in turn.
    const random = () => (this.#randoms++ % 4) / 4;
    void sayFarewell(this.there, plan, { clock, uptimeMs, random }).then(() => {
      this.doneMs = clock.elapsedMs;
    });
  }
}

const AT_ONCE: FarewellPlan = { spreadMs: 0, returnMs: 1_000, settleMs: 5_000 };

describe('everybody is sent away', () => {
  test('at once where few are there, to come back one after another', async () => {
    const guests = new Guests();
    guests.add(4);
    guests.begin(AT_ONCE);
    await guests.clock.advance(100);
    expect(guests).toMatchObject({ told: [0, 0, 0, 0], gone: [0, 0, 0, 0], doneMs: 0 });
    expect(guests.retries).toEqual([0, 250, 500, 750]);
  });

  test('each when what he asked for is done, and no other waits for that', async () => {
    const guests = new Guests();
    guests.add(1, 700);
    guests.add(1);
    guests.begin(AT_ONCE);
    await guests.clock.advance(1_000);
    expect(guests).toMatchObject({ told: [0, 0], gone: [0, 700], doneMs: 700 });
  });

  test('but not after the time for that is over', async () => {
    const guests = new Guests();
    guests.add(1, 3_600_000);
    guests.begin(AT_ONCE);
    await guests.clock.advance(60_000);
    expect(guests).toMatchObject({ gone: [], doneMs: 5_000 });
  });

  test('over the time that was planned, evenly', async () => {
    const guests = new Guests();
    guests.add(1_000);
    guests.begin({ spreadMs: 10_000, returnMs: 0, settleMs: 5_000 });
    await guests.clock.advance(60_000);
    expect(guests.told).toHaveLength(1_000);
    for (const second of [1, 3, 5, 9])
      expect(guests.told.filter((at) => at <= second * 1_000).length).toBeCloseTo(second * 100, -1);
    expect(guests.doneMs).toBeLessThanOrEqual(10_000);
    expect(new Set(guests.retries)).toEqual(new Set([0]));
  });

  test('never so many at once that those who are still served notice', async () => {
    const guests = new Guests();
    guests.add(10_000);
    guests.begin(AT_ONCE);
    await guests.clock.advance(5_000);
    const moments = [...new Set(guests.told)];
    const sizes = moments.map((moment) => guests.told.filter((at) => at === moment).length);
    expect(Math.max(...sizes)).toBe(100);
    expect(guests.gone).toHaveLength(10_000);
    expect(guests.doneMs).toBeLessThan(2_000);
  });

  test('also who came while the others went', async () => {
    const guests = new Guests();
    guests.add(1, 500);
    guests.begin(AT_ONCE);
    await guests.clock.advance(100);
    guests.add(3);
    await guests.clock.advance(1_000);
    expect(guests.gone).toHaveLength(4);
    expect(guests.doneMs).toBe(500);
  });

  test('as long as it was to take, where the clock of the machine is set back', async () => {
    const guests = new Guests();
    guests.add(1, 3_600_000);
    guests.begin(AT_ONCE);
    await guests.clock.advance(1_000);
    guests.clock.step(-3_600_000);
    await guests.clock.advance(4_000);
    expect(guests.doneMs).toBe(5_000);
  });
});

describe('the plan of that', () => {
  test('of the only server: all at once, and back over the time that it takes', () => {
    const plan = (guests: number) => farewellOf(guests, { hasOthers: false, withinMs: 14_000 });
    expect(plan(10)).toEqual({ spreadMs: 0, returnMs: 1_000, settleMs: 3_500 });
    expect(plan(10_000)).toEqual({ spreadMs: 0, returnMs: 10_000, settleMs: 3_500 });
  });

  test('of one of several: at the rate that another takes, and back at once', () => {
    const plan = (guests: number) => farewellOf(guests, { hasOthers: true, withinMs: 14_000 });
    expect(plan(10)).toEqual({ spreadMs: 10, returnMs: 0, settleMs: 3_500 });
    expect(plan(10_000)).toEqual({ spreadMs: 10_000, returnMs: 0, settleMs: 3_500 });
    // More than the time is enough for: some of it is theirs to wait.
    expect(plan(50_000)).toEqual({ spreadMs: 10_500, returnMs: 39_500, settleMs: 3_500 });
  });

  test('takes no longer than there is, also where there is nothing', () => {
    for (const hasOthers of [true, false])
      expect(farewellOf(100, { hasOthers, withinMs: 0 })).toMatchObject({
        spreadMs: 0,
        settleMs: 0,
      });
  });
});
