import { Meter } from '../measure/meter.ts';
import { settledKb } from '../measure/settled.ts';
import { anonymousKb, processTree } from '../measure/usage.ts';
import { storing } from '../systems.ts';
import type { Case, Outcome, Scenario, Target } from './scenario.ts';
import { checkFilled, fill, readOnce } from './store.ts';

const FOR_MS = 700;

export const snapshot: Scenario = {
  name: 'snapshot',
  title: 'A reader that has nothing gets all of a subtree',
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
  checkFilled(await readOnce(target, subtree, entries));
  const meter = new Meter(target.pid);
  const endAt = performance.now() + FOR_MS;
  let reads = 0;
  for (; performance.now() < endAt; reads++) checkFilled(await readOnce(target, subtree, entries));
  const busy = meter.stop();
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
