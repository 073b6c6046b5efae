import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { runScenario } from './bench.ts';
import { judge } from './budgets.ts';
import { isInstalled } from './peers/server.ts';
import { drawCharts } from './report/charts.ts';
import { thisMachine } from './report/machine.ts';
import { fillPage, sectionsOf } from './report/page.ts';
import type { Result } from './report/result.ts';
import { rowsOf } from './report/rows.ts';
import { asText } from './report/table.ts';
import { scenarios } from './scenarios/all.ts';
import { type SystemName, systems } from './systems.ts';

const PAGE = 'docs/performance.md';
const PAGE_CHARTS = 'docs/charts';

export async function runBench(args: readonly string[]): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1));
  const wanted = argumentsOrUsage(args);
  if (wanted === undefined) return;
  const present = installed(wanted.systems);
  const machine = thisMachine([...new Set(present.map((name) => systems[name].peer))]);
  const startedAt = new Date().toISOString();
  const { results, failures } = await runAll(wanted, present, (soFar) => {
    if (wanted.json === undefined) return;
    const all = { startedAt, profile: wanted.profile, machine, ...soFar };
    writeFileSync(wanted.json, `${JSON.stringify(all, null, 2)}\n`);
  });
  const drawings = drawCharts(results);
  const charts = [wanted.charts ?? [], wanted.isPage ? PAGE_CHARTS : []].flat();
  for (const directory of charts) {
    mkdirSync(directory, { recursive: true });
    for (const { file, svg } of drawings) writeFileSync(join(directory, file), svg);
  }
  if (wanted.isPage) {
    const titles = new Map(scenarios.map(({ name, title }) => [name, title]));
    const run = `profile ${wanted.profile}, ${startedAt.slice(0, 10)}`;
    const sections = sectionsOf(machine, run, results, drawings, titles);
    writeFileSync(PAGE, fillPage(readFileSync(PAGE, 'utf8'), sections));
  }
  if (wanted.isCheck) check(results);
  for (const failure of failures) console.error(`\nFAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

function argumentsOrUsage(args: readonly string[]): Arguments | undefined {
  try {
    const read = readArguments(args);
    if (!read.isHelp) return read;
    console.log(USAGE);
    return undefined;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** Those that are there; says how to have the others. */
function installed(wanted: readonly SystemName[]): SystemName[] {
  return wanted.filter((name) => {
    const { peer } = systems[name];
    if (isInstalled(peer)) return true;
    console.log(`without ${name}, which is not installed: ${peer.install}`);
    return false;
  });
}

interface Found {
  readonly results: Result[];
  readonly failures: string[];
}

/** `onScenario` is told all that there is after each, so that a run that is broken off leaves that. */
async function runAll(
  wanted: Arguments,
  present: readonly SystemName[],
  onScenario: (soFar: Found) => void,
): Promise<Found> {
  const results: Result[] = [];
  const failures: string[] = [];
  for (const scenario of scenarios) {
    if (!wanted.scenarios.includes(scenario.name)) continue;
    const found: Result[] = [];
    for (const system of present) {
      const run = await runScenario(scenario, wanted.profile, system);
      found.push(...run.results);
      failures.push(...run.failures);
    }
    console.log(`\n# ${scenario.title}`);
    for (const label of new Set(found.map((result) => result.label)))
      console.log(`\n${label}\n${asText(rowsOf(found.filter((each) => each.label === label)))}`);
    results.push(...found);
    onScenario({ results, failures });
  }
  return { results, failures };
}

function check(results: readonly Result[]): void {
  console.log('\n# Budgets\n');
  const verdicts = judge(results);
  for (const { text } of verdicts) console.log(text);
  if (verdicts.some(({ isKept }) => !isKept)) process.exitCode = 1;
}
