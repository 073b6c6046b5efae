import type { Contender } from '../load/driver.ts';
import { signal } from '../load/signal.ts';
import { Meter } from '../measure/meter.ts';
import { systemNames, systems } from '../systems.ts';
import type { Outcome, Scenario, Target } from './scenario.ts';

const CONTENDERS = 16;
const WARM_UP_MS = 500;
const FOR_MS = 1_000;
const ADDRESS = { subtree: 'conditional', key: 'counter' };

/** Writes that depend on what is there, where others write the same. */
export const conditional: Scenario = {
  name: 'conditional',
  title: 'One counter that 16 count up, each write only if nothing came in between',
  does: 'written',
  isOursWhenQuick: true,
  cases: () => [
    {
      label: `${CONTENDERS} writers, one counter`,
      systems: systemNames.filter((name) => systems[name].driver.contend !== undefined),
      repeats: 3,
      run,
    },
  ],
};

async function run({ driver, port, pid }: Target): Promise<Outcome> {
  const { contend } = driver;
  if (contend === undefined) throw new Error('this system has no conditions');
  const written: number[] = [];
  let attempts = 0;
  let running = CONTENDERS;
  let endAt = Number.POSITIVE_INFINITY;
  const ended = signal();
  const contenders: Contender[] = Array.from({ length: CONTENDERS }, (_, i) =>
    contend({
      port,
      address: ADDRESS,
      onDone(won) {
        attempts += 1;
        if (won !== undefined) written.push(won);
        if (performance.now() < endAt) contenders[i]?.attempt();
        else if (--running === 0) ended.come();
      },
    }),
  );
  await Promise.all(contenders.map(({ ready }) => ready));
  for (const contender of contenders) contender.attempt();
  await new Promise((next) => setTimeout(next, WARM_UP_MS));
  const before = { written: written.length, attempts };
  const meter = new Meter(pid);
  endAt = performance.now() + FOR_MS;
  await ended.came;
  const busy = meter.stop();
  for (const contender of contenders) contender.close();
  checkCounted(written);
  const won = written.length - before.written;
  return {
    busy,
    figures: {
      writesPerSecond: won / busy.seconds,
      attemptsPerWrite: (attempts - before.attempts) / won,
      cpuPerWriteUs: (busy.serverCpuMs * 1_000) / won,
    },
  };
}

/**
 * Each number must have been written once, from wherever the counter stood: nobody's count may be lost,
 * and none counted twice.
 */
function checkCounted(written: readonly number[]): void {
  const inOrder = written.toSorted((a, b) => a - b);
  const first = inOrder[0] ?? 0;
  const wrong = inOrder.findIndex((number, i) => number !== first + i);
  if (wrong !== -1)
    throw new Error(`the ${wrong}. write from ${first} on counted to ${inOrder[wrong]}`);
}
