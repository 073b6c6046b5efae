import { spawn } from 'node:child_process';
import type { Answer, Job } from './load/process.ts';
import { Server } from './peers/server.ts';
import { middleOf, type Result } from './report/result.ts';
import type { Case, Outcome, Profile, Scenario } from './scenarios/scenario.ts';
import { ours, type SystemName, systems } from './systems.ts';

const LOAD_CORE = '1';
/** A generator that is busier than this may be what was measured. */
const BUSY = 0.9;
const JOB_TIMEOUT_MS = 300_000;

export interface Run {
  readonly results: readonly Result[];
  /** What did not arrive, or was wrong, or ended. */
  readonly failures: readonly string[];
}

/** Puts a scenario to one system, on a server of its own. A case that fails ends it. */
export async function runScenario(
  scenario: Scenario,
  profile: Profile,
  system: SystemName,
): Promise<Run> {
  const results: Result[] = [];
  const cases = casesFor(scenario, profile, system);
  if (cases.size === 0) return { results, failures: [] };
  const server = await Server.start(systems[system].peer);
  try {
    for (const [number, each] of cases) {
      const { port, pid } = server;
      const job = { scenario: scenario.name, profile, case: number, system, port, pid };
      const outcomes: Outcome[] = [];
      const repeats = profile === 'full' ? (each.repeats ?? 1) : 1;
      for (let repeat = 0; repeat < repeats; repeat++) {
        console.error(`${scenario.name}: ${each.label}: ${system}`);
        const answer = await runJob(job);
        if ('error' in answer) {
          const failure = `${scenario.name}, ${each.label}, ${system}: ${answer.error}`;
          return { results, failures: [failure + server.complaint] };
        }
        outcomes.push(answer.outcome);
      }
      results.push(resultOf(scenario, each, system, outcomes));
    }
    return { results, failures: [] };
  } finally {
    await server.stop();
  }
}

/** With their numbers. */
function casesFor(scenario: Scenario, profile: Profile, system: SystemName): Map<number, Case> {
  const isAsked = profile === 'full' || !scenario.isOursWhenQuick || ours.includes(system);
  const cases = scenario
    .cases(profile)
    .map((each, number): [number, Case] => [number, each])
    .filter(([, { systems }]) => isAsked && systems.includes(system));
  return new Map(cases);
}

function resultOf(
  scenario: Scenario,
  { label, curve, size }: Case,
  system: SystemName,
  outcomes: readonly Outcome[],
): Result {
  const { figures, busy } = middleOf(outcomes);
  return {
    scenario: scenario.name,
    label,
    ...(curve === undefined ? {} : { curve }),
    ...(size === undefined ? {} : { size }),
    system,
    kept: keptBy(scenario, system),
    figures,
    busy,
    repeats: outcomes.length,
    isLowerBound: busy.load > BUSY && busy.server < BUSY,
  };
}

function keptBy({ does }: Scenario, system: SystemName): string {
  return does === 'nothing' ? '' : systems[system].keeps[does];
}

/** One process a job: what one job leaves behind does not slow the next one down. */
function runJob(job: Job): Promise<Answer> {
  const program = [process.execPath, process.argv[1] ?? '', 'load', JSON.stringify(job)];
  const child = spawn('taskset', ['-c', LOAD_CORE, ...program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(() => {
    complained += `not done after ${JOB_TIMEOUT_MS / 1_000} s`;
    kill();
  }, JOB_TIMEOUT_MS);
  process.once('exit', kill);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('exit', kill);
      resolve(code === 0 ? JSON.parse(said) : { error: complained.trim() });
    });
  });
}
