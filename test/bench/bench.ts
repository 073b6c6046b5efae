import { spawn } from 'node:child_process';
import type { Answer, Job } from './load/process.ts';
import { Server } from './peers/server.ts';
import type { Result } from './report/result.ts';
import type { Case, Profile, Scenario } from './scenarios/scenario.ts';
import { type SystemName, systems } from './systems.ts';

const LOAD_CORE = '1';
/** A generator that is busier than this may be what was measured. */
const BUSY = 0.9;
const JOB_TIMEOUT_MS = 180_000;

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
  const cases = scenario.cases(profile);
  if (!cases.some((each) => each.systems.includes(system))) return { results, failures: [] };
  const server = await Server.start(systems[system].peer);
  try {
    for (const [i, each] of cases.entries()) {
      if (!each.systems.includes(system)) continue;
      const { port, pid } = server;
      const job = { scenario: scenario.name, profile, case: i, system, port, pid };
      const answer = await runJob(job);
      if ('error' in answer) {
        const said = server.complaints === '' ? '' : `\nthe server said:\n${server.complaints}`;
        const failure = `${scenario.name}, ${each.label}, ${system}: ${answer.error}${said}`;
        return { results, failures: [failure] };
      }
      results.push(resultOf(scenario, each, job, answer));
    }
    return { results, failures: [] };
  } finally {
    await server.stop();
  }
}

function resultOf(
  scenario: Scenario,
  { label, size }: Case,
  { system }: Job,
  { outcome: { figures, busy } }: Extract<Answer, { outcome: unknown }>,
): Result {
  return {
    scenario: scenario.name,
    label,
    ...(size === undefined ? {} : { size }),
    system,
    kept: keptBy(scenario, system),
    figures,
    busy,
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
