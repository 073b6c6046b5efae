import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runScenario } from './bench.ts';
import { isInstalled } from './peers/server.ts';
import type { Result } from './report/result.ts';
import { tableOf } from './report/table.ts';
import { scenarios } from './scenarios/all.ts';
import { systemNames, systems } from './systems.ts';

export async function runBench(args: readonly string[]): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: { type: 'string', default: 'quick' },
      only: { type: 'string' },
      peers: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const profile = values.profile === 'full' ? 'full' : 'quick';
  const wanted = values.peers?.split(',');
  const present = systemNames.filter((name) => {
    const { peer } = systems[name];
    if (wanted !== undefined && !wanted.includes(name)) return false;
    if (isInstalled(peer)) return true;
    console.log(`without ${name}: ${peer.install}`);
    return false;
  });
  const results: Result[] = [];
  const failures: string[] = [];
  for (const scenario of scenarios) {
    if (values.only !== undefined && values.only !== scenario.name) continue;
    const found: Result[] = [];
    for (const system of present) {
      const run = await runScenario(scenario, profile, system);
      found.push(...run.results);
      failures.push(...run.failures);
    }
    results.push(...found);
    console.log(`\n# ${scenario.title}`);
    for (const label of new Set(found.map((result) => result.label)))
      console.log(`\n${label}\n${tableOf(found.filter((result) => result.label === label))}`);
  }
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  for (const failure of failures) console.error(`\nFAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
