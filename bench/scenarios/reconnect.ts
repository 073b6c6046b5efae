import type { Place } from '../load/driver.ts';
import { Meter } from '../measure/meter.ts';
import { forgetPeak, peakKb, processTree, residentKb } from '../measure/usage.ts';
import { storing } from '../systems.ts';
import type { Case, Outcome, Profile, Scenario, Target } from './scenario.ts';
import { checkFilled, fill, readOnce, storeOf } from './store.ts';

const ENTRIES = 1_000;

/** What happens when all are gone and back at the same moment. */
export const reconnect: Scenario = {
  name: 'reconnect',
  title: 'Readers of 1,000 entries that come back all at once',
  does: 'written',
  isOursWhenQuick: true,
  cases: (profile) => [returning(profile, 'nothing'), returning(profile, 'a place')],
};

function returning(profile: Profile, having: 'nothing' | 'a place'): Case {
  const readers = profile === 'quick' ? 500 : 10_000;
  return {
    label: `${readers.toLocaleString('en')} readers, each with ${having}`,
    systems: storing(({ resumes }) => having === 'nothing' || resumes),
    run: (target) => run(target, readers, having === 'a place'),
  };
}

async function run(target: Target, readers: number, hasPlace: boolean): Promise<Outcome> {
  const subtree = `reconnect-${hasPlace}`;
  await fill(target, subtree, ENTRIES);
  const { place } = await readOnce(target, subtree, ENTRIES);
  await rush(target, subtree, Math.ceil(readers / 10));
  const pids = processTree(target.pid);
  const beforeKb = residentKb(pids);
  forgetPeak(pids);
  const meter = new Meter(target.pid);
  await rush(target, subtree, readers, hasPlace ? place : undefined);
  const busy = meter.stop();
  return {
    busy,
    figures: {
      readMs: busy.seconds * 1_000,
      cpuPerReaderUs: (busy.serverCpuMs * 1_000) / readers,
      peakMb: Math.max(0, peakKb(pids) - beforeKb) / 1_024,
    },
  };
}

/** All of them at the same moment; resolves when the last one has what it should have. */
async function rush(target: Target, subtree: string, size: number, after?: Place): Promise<void> {
  const expected = after === undefined ? ENTRIES : 0;
  const options = { port: target.port, subtree, expected };
  const readers = Array.from({ length: size }, () =>
    storeOf(target).read(after === undefined ? options : { ...options, after }),
  );
  for (const { synced } of readers) {
    const seen = await synced;
    if (seen.entries !== expected) throw new Error(`a reader got ${seen.entries} of ${expected}`);
    checkFilled(seen);
  }
  for (const reader of readers) reader.close();
}
