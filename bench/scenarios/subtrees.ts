import { signal } from '../load/signal.ts';
import { Meter } from '../measure/meter.ts';
import { systemNames } from '../systems.ts';
import { gather } from './crowd.ts';
import { Publisher } from './publisher.ts';
import type { Case, Outcome, Scenario, Target } from './scenario.ts';

const VALUE_BYTES = 100;
const BURST = 10;
const WARM_UP_MS = 1_500;
const FOR_MS = 700;
/** A step that has no divisor in common with the numbers of subscribers: it visits all of them. */
const STEP = 7_919;

/** Whether a write costs more when there are many watches that do not concern it. */
export const subtrees: Scenario = {
  name: 'subtrees',
  title: 'As many subscribers as subtrees, writes spread over them, ten at a time',
  does: 'published',
  isOursWhenQuick: true,
  cases: (profile) => (profile === 'quick' ? [100, 2_000] : [100, 1_000, 10_000]).map(spread),
};

function spread(size: number): Case {
  return {
    label: `${size.toLocaleString('en')} subscribers on ${size.toLocaleString('en')} subtrees`,
    curve: 'ten at a time',
    size,
    systems: systemNames,
    repeats: size < 10_000 ? 3 : 1,
    run: (target) => run(target, size),
  };
}

async function run(target: Target, size: number): Promise<Outcome> {
  const written = new Float64Array(size);
  let missing = 0;
  let arrived = signal();
  const crowd = await gather(
    target,
    size,
    (i) => `subtrees/s${i}`,
    (subscriber, sequence) => {
      if (sequence !== written[subscriber])
        throw new Error(`subscriber ${subscriber} got ${sequence}, not ${written[subscriber]}`);
      if (--missing === 0) arrived.come();
    },
  );
  const addresses = Array.from({ length: size }, (_, i) => ({
    subtree: `subtrees/s${i}`,
    key: 'k',
  }));
  const publisher = new Publisher(target, addresses, VALUE_BYTES);
  await publisher.ready;
  let writes = 0;
  const during = async (ms: number) => {
    const endAt = performance.now() + ms;
    while (performance.now() < endAt) {
      const burst = Array.from({ length: BURST }, () => {
        writes += 1;
        return { address: (writes * STEP) % size, sequence: writes };
      });
      for (const { address, sequence } of burst) written[address] = sequence;
      missing = BURST;
      arrived = signal();
      await publisher.burst(burst);
      await arrived.came;
    }
  };
  await during(WARM_UP_MS);
  const before = writes;
  const meter = new Meter(target.pid);
  await during(FOR_MS);
  const busy = meter.stop();
  publisher.close();
  crowd.close();
  return { busy, figures: { cpuPerWriteUs: (busy.serverCpuMs * 1_000) / (writes - before) } };
}
