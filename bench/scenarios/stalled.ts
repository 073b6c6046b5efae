import { Histogram } from '../measure/histogram.ts';
import { Meter } from '../measure/meter.ts';
import { processTree, residentKb } from '../measure/usage.ts';
import { systemNames } from '../systems.ts';
import { type Crowd, gather } from './crowd.ts';
import { Paced } from './paced.ts';
import type { Outcome, Scenario, Target } from './scenario.ts';
import { Tally } from './tally.ts';

const SUBSCRIBERS = 1_000;
const STALLED = 100;
const SUBTREE = 'stalled';
const PER_SECOND = 100;
/** At 1 kB a write, the kernel's buffers of a stalled connection are full long before. */
const FILL_MS = 1_500;
const WARM_UP_MS = 500;

/** Whether readers that do not read slow the others and the writers down. */
export const stalled: Scenario = {
  name: 'stalled',
  title: 'Writes to 1,000 subscribers, without and with 10 % that stopped reading',
  does: 'published',
  isOursWhenQuick: true,
  cases: (profile) => [
    {
      label: `${PER_SECOND} writes a second of 1 kB`,
      systems: systemNames,
      run: (target) => (profile === 'quick' ? run(target, 1, 1_500) : run(target, 2, 3_000)),
    },
  ],
};

/** In turn without and with, so that what else the machine does meets both. */
async function run(target: Target, rounds: number, forMs: number): Promise<Outcome> {
  const tally = new Tally(target.driver, SUBSCRIBERS);
  const paced = new Paced(target, { subtree: SUBTREE, valueBytes: 1_000, perSecond: PER_SECOND });
  const crowd = await gather(
    target,
    SUBSCRIBERS,
    () => SUBTREE,
    (subscriber, sequence) => tally.arrived(subscriber, sequence),
  );
  await paced.ready;
  const all = () => tally.reached(paced.writes * SUBSCRIBERS);
  await paced.during(WARM_UP_MS);
  await all();
  const without = new Histogram();
  const withStalled = new Histogram();
  const meter = new Meter(target.pid);
  let grownKb = 0;
  for (let round = 0; round < rounds; round++) {
    paced.sentToAck = without;
    await paced.during(forMs);
    await all();
    const beforeKb = residentKb(processTree(target.pid));
    stall(crowd, true);
    paced.forget();
    await paced.during(FILL_MS);
    paced.sentToAck = withStalled;
    await paced.during(forMs);
    grownKb = Math.max(grownKb, residentKb(processTree(target.pid)) - beforeKb);
    stall(crowd, false);
    await all();
  }
  const busy = meter.stop();
  tally.check(paced.writes);
  paced.close();
  crowd.close();
  return {
    busy,
    figures: {
      writeP50Ms: without.percentile(0.5),
      stalledP50Ms: withStalled.percentile(0.5),
      writeP99Ms: without.percentile(0.99),
      stalledP99Ms: withStalled.percentile(0.99),
      stalledKb: Math.max(0, grownKb / STALLED),
    },
  };
}

function stall({ subscribers }: Crowd, isStalled: boolean): void {
  for (const subscriber of subscribers.slice(0, STALLED))
    if (isStalled) subscriber.stall();
    else subscriber.resume();
}
