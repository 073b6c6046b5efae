import { Meter } from '../measure/meter.ts';
import { settledKb } from '../measure/settled.ts';
import { systemNames } from '../systems.ts';
import { Crew } from './crew.ts';
import { gather } from './crowd.ts';
import type { Case, Outcome, Profile, Scenario, Target } from './scenario.ts';

const WARM_UP_WRITERS = 64;
const WARM_UP_CONNECTIONS = 500;
const WARM_UP_MS = 1_000;
const nothing = () => {};

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory of a connection with one watch and nothing to do',
  does: 'nothing',
  isOursWhenQuick: true,
  cases: (profile) => [connections(profile)],
};

function connections(profile: Profile): Case {
  const size = profile === 'quick' ? 5_000 : 10_000;
  return {
    label: `${size.toLocaleString('en')} idle connections`,
    systems: systemNames,
    run: (target) => run(target, size),
  };
}

/**
 * The server works hard first, so that what its runtime takes for itself once, for its heap and its
 * code, is there already and is not counted as the connections'.
 */
async function run(target: Target, size: number): Promise<Outcome> {
  if (target.driver.writer !== undefined) {
    const crew = new Crew(target, WARM_UP_WRITERS, 100);
    await crew.ready;
    await crew.during(WARM_UP_MS);
    crew.close();
  }
  const some = await gather(target, WARM_UP_CONNECTIONS, (i) => `memory/s${i}`, nothing);
  const meter = new Meter(target.pid);
  const beforeKb = await settledKb(target.pid);
  const crowd = await gather(target, size, (i) => `memory/t${i}`, nothing);
  const afterKb = await settledKb(target.pid);
  const busy = meter.stop();
  crowd.close();
  some.close();
  return { busy, figures: { connectionKb: (afterKb - beforeKb) / size } };
}
