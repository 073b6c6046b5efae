import { signal } from '../load/signal.ts';
import { Meter } from '../measure/meter.ts';
import { systemNames } from '../systems.ts';
import { type Crowd, gather } from './crowd.ts';
import type { Case, Outcome, Profile, Scenario, Target } from './scenario.ts';

const VALUE_BYTES = 100;
const SUBTREE = 'fan-out';

/** What it costs to bring the changes of one subtree to many. */
export const fanOut: Scenario = {
  name: 'fan-out',
  title: 'Changes of one subtree to many subscribers',
  does: 'published',
  cases: (profile) => [
    bursts(profile, 1_000, 1, 1),
    bursts(profile, 1_000, 10, 1),
    bursts(profile, 1_000, 10, 8),
  ],
};

/**
 * Bursts of `size` changes. With a `window` of 1 the next is written once the last one has arrived
 * everywhere, so nothing is ever put together; with more, so many are under way.
 */
function bursts(profile: Profile, subscribers: number, size: number, window: number): Case {
  const how = size === 1 ? 'one at a time' : `${size} at a time`;
  return {
    label: `${subscribers} subscribers, ${how}${window === 1 ? '' : `, ${window} bursts under way`}`,
    systems: systemNames,
    run: (target) =>
      run(target, { subscribers, size, window, forMs: profile === 'quick' ? 1_500 : 4_000 }),
  };
}

interface Plan {
  readonly subscribers: number;
  readonly size: number;
  readonly window: number;
  readonly forMs: number;
}

async function run(target: Target, plan: Plan): Promise<Outcome> {
  const crowd = await gather(target, plan.subscribers, () => SUBTREE);
  const bursts = new Bursts(target, crowd, plan);
  await bursts.ready;
  await bursts.during(plan.forMs / 3);
  const before = bursts.changes;
  const meter = new Meter(target.pid);
  await bursts.during(plan.forMs);
  const busy = meter.stop();
  crowd.tally.check(bursts.changes);
  bursts.close();
  crowd.close();
  const delivered = (bursts.changes - before) * plan.subscribers;
  return {
    busy,
    figures: {
      cpuPerChangeUs: (busy.serverCpuMs * 1_000) / delivered,
      changesPerSecond: delivered / busy.seconds,
    },
  };
}

class Bursts {
  changes = 0;
  readonly ready: Promise<void>;
  readonly #plan: Plan;
  readonly #crowd: Crowd;
  readonly #writer;
  #unacknowledged = 0;
  #acknowledged = signal();

  constructor(target: Target, crowd: Crowd, plan: Plan) {
    this.#plan = plan;
    this.#crowd = crowd;
    this.#writer = target.driver.publisher({
      port: target.port,
      addresses: Array.from({ length: plan.size }, (_, i) => ({ subtree: SUBTREE, key: `k${i}` })),
      valueBytes: VALUE_BYTES,
      onAck: () => {
        this.#unacknowledged -= 1;
        if (this.#unacknowledged === 0) this.#acknowledged.come();
      },
    });
    this.ready = this.#writer.ready;
  }

  /** Writes for that long, and returns when all of it has arrived. */
  async during(ms: number): Promise<void> {
    const { subscribers, size, window } = this.#plan;
    const endAt = performance.now() + ms;
    while (performance.now() < endAt) {
      this.#unacknowledged = size;
      this.#acknowledged = signal();
      for (let i = 0; i < size; i++) this.#writer.put(i, ++this.changes);
      this.#writer.flush();
      await this.#acknowledged.came;
      await this.#crowd.tally.reached((this.changes - (window - 1) * size) * subscribers);
    }
    await this.#crowd.tally.reached(this.changes * subscribers);
  }

  close(): void {
    this.#writer.close();
  }
}
