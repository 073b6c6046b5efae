import { Histogram } from '../measure/histogram.ts';
import { Meter } from '../measure/meter.ts';
import { systemNames, systems } from '../systems.ts';
import { Crew } from './crew.ts';
import type { Case, Outcome, Scenario, Target } from './scenario.ts';

const WARM_UP_MS = 1_500;
const FOR_MS = 700;

export const durableWrites: Scenario = {
  name: 'durable-writes',
  title: 'Writes by many, each waiting for its answer before the next',
  does: 'written',
  isOursWhenQuick: false,
  cases: (profile) =>
    profile === 'quick'
      ? [writes(1, 100), writes(64, 100)]
      : [100, 10_000].flatMap((bytes) => [1, 16, 64, 256].map((writers) => writes(writers, bytes))),
};

function writes(writers: number, valueBytes: number): Case {
  return {
    label: `${writers} writers, ${valueBytes.toLocaleString('en')} bytes`,
    curve: `${valueBytes.toLocaleString('en')} bytes`,
    size: writers,
    systems: systemNames.filter((name) => systems[name].driver.writer !== undefined),
    repeats: valueBytes === 100 ? 3 : 1,
    run: (target) => run(target, writers, valueBytes),
  };
}

async function run(target: Target, writers: number, valueBytes: number): Promise<Outcome> {
  const crew = new Crew(target, writers, valueBytes);
  await crew.ready;
  await crew.during(WARM_UP_MS);
  crew.times = new Histogram();
  const meter = new Meter(target.pid);
  await crew.during(FOR_MS);
  const busy = meter.stop();
  crew.close();
  return {
    busy,
    figures: {
      writesPerSecond: crew.times.count / busy.seconds,
      cpuPerWriteUs: (busy.serverCpuMs * 1_000) / crew.times.count,
      writeP50Ms: crew.times.percentile(0.5),
      writeP99Ms: crew.times.percentile(0.99),
    },
  };
}
