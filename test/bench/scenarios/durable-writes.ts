import { Histogram } from '../measure/histogram.ts';
import { Meter } from '../measure/meter.ts';
import { systemNames, systems } from '../systems.ts';
import { Crew } from './crew.ts';
import type { Case, Outcome, Profile, Scenario, Target } from './scenario.ts';

export const durableWrites: Scenario = {
  name: 'durable-writes',
  title: 'Writes by many, each waiting for its answer before the next',
  does: 'written',
  cases: (profile) => [1, 16, 64, 256].map((writers) => writes(profile, writers, 100)),
};

function writes(profile: Profile, writers: number, valueBytes: number): Case {
  return {
    label: `${writers} writers, ${valueBytes} bytes`,
    size: writers,
    systems: systemNames.filter((name) => systems[name].driver.writer !== undefined),
    run: (target) => run(target, writers, valueBytes, profile === 'quick' ? 1_500 : 4_000),
  };
}

async function run(
  target: Target,
  writers: number,
  valueBytes: number,
  forMs: number,
): Promise<Outcome> {
  const crew = new Crew(target, writers, valueBytes);
  await crew.ready;
  await crew.during(forMs / 3);
  crew.times = new Histogram();
  const meter = new Meter(target.pid);
  await crew.during(forMs);
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
