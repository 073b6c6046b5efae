import { keyOf } from '../load/driver.ts';
import { Meter } from '../measure/meter.ts';
import { storing } from '../systems.ts';
import { Publisher } from './publisher.ts';
import type { Case, Outcome, Scenario, Target } from './scenario.ts';
import { fill, readOnce, VALUE_BYTES } from './store.ts';

const FOR_MS = 700;
const BURST = 100;

export const resume: Scenario = {
  name: 'resume',
  title: 'A reader that was away goes on from where it was',
  does: 'written',
  isOursWhenQuick: true,
  cases: (profile) =>
    (profile === 'quick' ? [1_000, 20_000] : [1_000, 10_000, 100_000]).flatMap((entries) =>
      [0, 0.01].map((share) => resumeAfter(entries, share)),
    ),
};

function resumeAfter(entries: number, share: number): Case {
  const what = share === 0 ? 'nothing' : `${share * 100} %`;
  return {
    label: `${entries.toLocaleString('en')} entries, ${what} of them changed`,
    curve: what,
    size: entries,
    systems: storing(({ resumes }) => resumes),
    run: (target) => run(target, entries, entries * share),
  };
}

async function run(target: Target, entries: number, changes: number): Promise<Outcome> {
  const subtree = `resume${entries}-${changes}`;
  await fill(target, subtree, entries);
  const { place } = await readOnce(target, subtree, entries);
  await change(target, subtree, changes);
  await readOnce(target, subtree, changes, place);
  const meter = new Meter(target.pid);
  const endAt = performance.now() + FOR_MS;
  let bytes = 0;
  let resumes = 0;
  for (; performance.now() < endAt; resumes++) {
    const synced = await readOnce(target, subtree, changes, place);
    if (synced.sum !== ((1 + changes) * changes) / 2) throw new Error('wrong changes');
    bytes += synced.bytes;
  }
  const busy = meter.stop();
  return {
    busy,
    figures: {
      readMs: (busy.seconds * 1_000) / resumes,
      cpuPerReaderUs: (busy.serverCpuMs * 1_000) / resumes,
      readBytes: bytes / resumes,
    },
  };
}

/** Writes the first entries again. */
async function change(target: Target, subtree: string, changes: number): Promise<void> {
  if (changes === 0) return;
  const addresses = Array.from({ length: changes }, (_, i) => ({ subtree, key: keyOf(i + 1) }));
  const publisher = new Publisher(target, addresses, VALUE_BYTES);
  await publisher.ready;
  for (let from = 0; from < changes; from += BURST)
    await publisher.burst(
      Array.from({ length: Math.min(BURST, changes - from) }, (_, i) => ({
        address: from + i,
        sequence: from + i + 1,
      })),
    );
  publisher.close();
}
