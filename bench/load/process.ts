import { scenarios } from '../scenarios/all.ts';
import type { Outcome, Profile } from '../scenarios/scenario.ts';
import { type SystemName, systems } from '../systems.ts';

/** What a process that makes load is told to do. */
export interface Job {
  readonly scenario: string;
  readonly profile: Profile;
  readonly case: number;
  readonly system: SystemName;
  readonly port: number;
  readonly pid: number;
}

export type Answer = { readonly outcome: Outcome } | { readonly error: string };

/** The other end of `runJob`: does one job and ends. */
export async function work(job: Job): Promise<Answer> {
  const scenario = scenarios.find(({ name }) => name === job.scenario);
  const which = scenario?.cases(job.profile)[job.case];
  if (which === undefined) throw new Error(`there is no such job: ${JSON.stringify(job)}`);
  const { system, port, pid } = job;
  const { driver } = systems[system];
  return { outcome: await which.run({ system, driver, port, pid }) };
}
