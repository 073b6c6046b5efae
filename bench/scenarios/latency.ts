import { Meter } from '../measure/meter.ts';
import { systemNames } from '../systems.ts';
import { gather } from './crowd.ts';
import { Paced } from './paced.ts';
import type { Case, Outcome, Profile, Scenario, Target } from './scenario.ts';
import { Tally } from './tally.ts';

const SUBSCRIBERS = 1_000;
const SUBTREE = 'latency';
const WARM_UP_MS = 500;

/** How long after it was sent a write is known to those who watch. */
export const latency: Scenario = {
  name: 'latency',
  title: 'From a write to the callback of 1,000 subscribers',
  does: 'published',
  isOursWhenQuick: true,
  cases: (profile) => (profile === 'quick' ? [100] : [10, 100]).map((rate) => paced(profile, rate)),
};

function paced(profile: Profile, perSecond: number): Case {
  return {
    label: `${perSecond} writes a second`,
    systems: systemNames,
    run: (target) => run(target, perSecond, profile === 'quick' ? 1_500 : 4_000),
  };
}

async function run(target: Target, perSecond: number, forMs: number): Promise<Outcome> {
  const tally = new Tally(target.driver, SUBSCRIBERS);
  const paced = new Paced(target, { subtree: SUBTREE, valueBytes: 100, perSecond });
  const crowd = await gather(
    target,
    SUBSCRIBERS,
    () => SUBTREE,
    (subscriber, sequence) => {
      tally.arrived(subscriber, sequence);
      paced.delivered(sequence);
    },
  );
  await paced.ready;
  await paced.during(WARM_UP_MS);
  await tally.reached(paced.writes * SUBSCRIBERS);
  paced.forget();
  const meter = new Meter(target.pid);
  await paced.during(forMs);
  await tally.reached(paced.writes * SUBSCRIBERS);
  const busy = meter.stop();
  tally.check(paced.writes);
  paced.close();
  crowd.close();
  return {
    busy,
    figures: {
      sentToCallbackP50Ms: paced.sentToCallback.percentile(0.5),
      sentToCallbackP99Ms: paced.sentToCallback.percentile(0.99),
      ackToCallbackP99Ms: paced.ackToCallback.percentile(0.99),
      writeP99Ms: paced.sentToAck.percentile(0.99),
    },
  };
}
