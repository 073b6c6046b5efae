import { Meter } from '../measure/meter.ts';
import { settledKb } from '../measure/settled.ts';
import { anonymousKb, processTree } from '../measure/usage.ts';
import { storing } from '../systems.ts';
import { Publisher } from './publisher.ts';
import type { Case, Outcome, Scenario, Target } from './scenario.ts';
import { checkFilled, fill, readOnce, VALUE_BYTES } from './store.ts';

const WARM_UP_MS = 1_000;
const FOR_MS = 700;

export const snapshot: Scenario = {
  name: 'snapshot',
  title: 'A reader that has nothing gets all of a subtree, after a write elsewhere',
  does: 'written',
  isOursWhenQuick: true,
  cases: (profile) =>
    (profile === 'quick' ? [20_000] : [1_000, 100_000, 1_000_000]).map(snapshotOf),
};

function snapshotOf(entries: number): Case {
  return {
    label: `${entries.toLocaleString('en')} entries of 100 bytes`,
    curve: 'entries',
    size: entries,
    systems: storing(),
    run: (target) => run(target, entries),
  };
}

async function run(target: Target, entries: number): Promise<Outcome> {
  const subtree = `snapshot${entries}`;
  await fill(target, subtree, entries);
  const filledKb = await settledKb(target.pid);
  const ownKb = anonymousKb(processTree(target.pid));
  // Or a server may have kept what the last reader got: that is measured by those that come at once.
  const elsewhere = new Publisher(target, [{ subtree: 'elsewhere', key: 'k' }], VALUE_BYTES);
  await elsewhere.ready;
  let reads = 0;
  const during = async (ms: number) => {
    const endAt = performance.now() + ms;
    for (; performance.now() < endAt; reads++) {
      await elsewhere.burst([{ address: 0, sequence: reads + 1 }]);
      checkFilled(await readOnce(target, subtree, entries));
    }
  };
  await during(WARM_UP_MS);
  const before = reads;
  const meter = new Meter(target.pid);
  await during(FOR_MS);
  const busy = meter.stop();
  reads -= before;
  elsewhere.close();
  return {
    busy,
    figures: {
      readMs: (busy.seconds * 1_000) / reads,
      cpuPerEntryUs: (busy.serverCpuMs * 1_000) / (reads * entries),
      serverMb: filledKb / 1_024,
      serverOwnMb: ownKb / 1_024,
    },
  };
}
