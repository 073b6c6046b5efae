import { spawn } from 'node:child_process';
import type { Answer, Job } from './load/process.ts';
import { Server } from './peers/server.ts';
import type { Result } from './report/result.ts';
import type { Case, Profile, Scenario } from './scenarios/scenario.ts';
import { type SystemName, systems } from './systems.ts';

const LOAD_CORE = '1';
/** A generator that is busier than this may be what was measured. */
const BUSY = 0.9;

/** Puts a scenario to one system, on a server of its own. */
export async function runScenario(
  scenario: Scenario,
  profile: Profile,
  system: SystemName,
): Promise<Result[]> {
  const results: Result[] = [];
  const cases = scenario.cases(profile);
  if (!cases.some((each) => each.systems.includes(system))) return results;
  const server = await Server.start(systems[system].peer);
  try {
    for (const [i, each] of cases.entries()) {
      if (!each.systems.includes(system)) continue;
      const { port, pid } = server;
      const job = { scenario: scenario.name, profile, case: i, system, port, pid };
      results.push(await measure(scenario, each, job));
    }
  } catch (error) {
    throw new Error(`the server said:\n${server.complaints}`, { cause: error });
  } finally {
    await server.stop();
  }
  return results;
}

async function measure(scenario: Scenario, { label, size }: Case, job: Job): Promise<Result> {
  const answer = await runJob(job);
  const what = `${scenario.name}: ${label}: ${job.system}`;
  if ('error' in answer) throw new Error(`${what}: ${answer.error}`);
  const { figures, busy } = answer.outcome;
  return {
    scenario: scenario.name,
    label,
    ...(size === undefined ? {} : { size }),
    system: job.system,
    figures,
    busy,
    isLowerBound: busy.load > BUSY && busy.server < BUSY,
  };
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
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code === 0 ? JSON.parse(said) : { error: complained });
    });
  });
}
