import { Meter } from '../measure/meter.ts';
import { systemNames } from '../systems.ts';
import { gather } from './crowd.ts';
import { Publisher } from './publisher.ts';
import type { Case, Outcome, Scenario, Target } from './scenario.ts';
import { Tally } from './tally.ts';

const VALUE_BYTES = 100;
const SUBTREE = 'fan-out';
const WARM_UP_MS = 1_000;
const FOR_MS = 700;

/** What it costs to bring the changes of one subtree to many. */
export const fanOut: Scenario = {
  name: 'fan-out',
  title: 'Changes of one subtree to many subscribers',
  does: 'published',
  isOursWhenQuick: false,
  cases: (profile) =>
    profile === 'quick'
      ? [bursts(1_000, 1, 1), bursts(1_000, 10, 1)]
      : [
          ...[100, 1_000, 10_000].flatMap((size) => [bursts(size, 1, 1), bursts(size, 10, 1)]),
          bursts(1_000, 10, 8),
        ],
};

/**
 * Bursts of `size` changes. With a `window` of 1 the next is written once the last one has arrived
 * everywhere, so nothing is ever put together; with more, so many are under way.
 */
function bursts(subscribers: number, size: number, window: number): Case {
  const one = size === 1 ? 'one at a time' : `${size} at a time`;
  const how = window === 1 ? one : `${one}, ${window} bursts under way`;
  return {
    label: `${subscribers.toLocaleString('en')} subscribers, ${how}`,
    curve: how,
    size: subscribers,
    systems: systemNames,
    repeats: subscribers < 10_000 ? 3 : 1,
    run: (target) => run(target, { subscribers, size, window }),
  };
}

interface Plan {
  readonly subscribers: number;
  readonly size: number;
  readonly window: number;
}

async function run(target: Target, plan: Plan): Promise<Outcome> {
  const tally = new Tally(target.driver, plan.subscribers);
  const crowd = await gather(
    target,
    plan.subscribers,
    () => SUBTREE,
    (subscriber, sequence) => tally.arrived(subscriber, sequence),
  );
  const addresses = Array.from({ length: plan.size }, (_, i) => ({
    subtree: SUBTREE,
    key: `k${i}`,
  }));
  const publisher = new Publisher(target, addresses, VALUE_BYTES);
  await publisher.ready;
  const before = await publish(publisher, tally, plan, 0, WARM_UP_MS);
  const meter = new Meter(target.pid);
  const changes = await publish(publisher, tally, plan, before, FOR_MS);
  const busy = meter.stop();
  tally.check(changes);
  publisher.close();
  crowd.close();
  const delivered = (changes - before) * plan.subscribers;
  return {
    busy,
    figures: {
      cpuPerChangeUs: (busy.serverCpuMs * 1_000) / delivered,
      changesPerSecond: delivered / busy.seconds,
    },
  };
}

/** Writes for that long; returns the number of all changes when they have arrived. */
async function publish(
  publisher: Publisher,
  tally: Tally,
  { subscribers, size, window }: Plan,
  before: number,
  forMs: number,
): Promise<number> {
  const endAt = performance.now() + forMs;
  let changes = before;
  while (performance.now() < endAt) {
    await publisher.burst(
      Array.from({ length: size }, (_, address) => ({ address, sequence: changes + address + 1 })),
    );
    changes += size;
    await tally.reached((changes - (window - 1) * size) * subscribers);
  }
  await tally.reached(changes * subscribers);
  return changes;
}
