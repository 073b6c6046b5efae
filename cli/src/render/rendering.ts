import type { Clock } from '@confer/shared';
import type { Environment } from '../child/child.ts';
import { runCommand } from '../child/command.ts';
import { shellQuote } from '../config-data/shell-quote.ts';
import { exitCodes, Failure } from '../failure.ts';
import type { State } from '../follow/subtrees.ts';
import { oneLine } from '../output/text.ts';
import { OutputError, type OutputFile, type Staged } from './output-file.ts';
import { type Template, TemplateError } from './template.ts';

/** A file that is kept as a template says. */
export interface Job {
  readonly template: Template;
  readonly file: OutputFile;
  /** A command line that says by its exit code whether a file will do. */
  readonly check: string | undefined;
}

export interface RenderingOptions {
  readonly jobs: readonly Job[];
  /** Run after files changed. */
  readonly command: string | undefined;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Asks to end: what has not begun does not begin, and checks are ended. */
  readonly signal: AbortSignal;
  /** Ends also the command that tells of files that have changed. */
  readonly hurry: AbortSignal;
}

/** What came of one state. */
export type Outcome =
  /** All files hold what they should. */
  | { readonly kind: 'current' }
  /** These were replaced; `failure` is of the command that should have told of it. */
  | { readonly kind: 'written'; readonly files: readonly string[]; readonly failure?: Failure }
  /** Nothing changed. With `isWorthARetry` the cause lies outside of the state, and may pass. */
  | {
      readonly kind: 'refused';
      readonly failure: Failure;
      /** The same for the same cause, however it was put into words. */
      readonly cause: string;
      readonly isWorthARetry: boolean;
    };

interface Change {
  readonly job: Job;
  readonly content: Buffer;
}

/**
 * Brings all files up to a state, or none: they are rendered, written beside what they replace and checked, all of
 * them, before the first takes its place.
 */
export async function render(state: State, options: RenderingOptions): Promise<Outcome> {
  const staged: Staged[] = [];
  try {
    const changes = await changesOf(state, options.jobs);
    if (changes.length === 0) return { kind: 'current' };
    for (const { job, content } of changes) {
      options.signal.throwIfAborted();
      const file = await job.file.stage(content);
      staged.push(file);
      const refusal = await check({ job, content }, file, options);
      options.signal.throwIfAborted();
      if (refusal !== undefined) return refusal;
    }
    for (const file of staged) await file.commit();
    const failure = await announce(options);
    const files = changes.map(({ job }) => job.file.path);
    return { kind: 'written', files, ...(failure === undefined ? {} : { failure }) };
  } catch (error) {
    if (error instanceof TemplateError) return refused('template', error.message, false);
    if (error instanceof OutputError) return refused('write', error.message, true);
    throw error;
  } finally {
    for (const file of staged) await file.discard();
  }
}

async function changesOf(state: State, jobs: readonly Job[]): Promise<readonly Change[]> {
  const all = jobs.map((job) => ({ job, content: Buffer.from(job.template.render(state)) }));
  const differ = await Promise.all(all.map(({ job, content }) => job.file.differs(content)));
  return all.filter((_, i) => differ[i]);
}

/** Why a file will not do; `undefined` where it does. */
async function check(
  { job, content }: Change,
  { temporary }: Staged,
  { environment, clock, signal }: RenderingOptions,
): Promise<Outcome | undefined> {
  if (job.check === undefined) return undefined;
  const line = job.check.replaceAll('{}', () => shellQuote(temporary));
  const { exitCode, said } = await runCommand(line, {
    environment: { ...environment, CONFER_RENDERED: temporary },
    ...{ clock, signal, isKept: true },
  });
  if (exitCode === 0) return undefined;
  const lines = said.split('\n').filter((text) => text.trim() !== '');
  const failure = new Failure(exitCodes.invalid, 'check', [
    `${job.file.path} stays as it was: its check ended with ${exitCode}: ${oneLine(line)}`,
    ...lines.map((text) => oneLine(text)),
  ]);
  const cause = `${job.file.path}\0${content.toString('utf8')}`;
  return { kind: 'refused', failure, cause, isWorthARetry: true };
}

async function announce(options: RenderingOptions): Promise<Failure | undefined> {
  const { command, environment, clock, hurry: signal } = options;
  if (command === undefined) return undefined;
  const { exitCode } = await runCommand(command, { environment, clock, signal, isKept: false });
  if (exitCode === 0) return undefined;
  return new Failure(
    exitCodes.other,
    'exec',
    `the command ended with ${exitCode}: ${oneLine(command)}`,
    'the files have changed; it is run again when they change once more',
  );
}

function refused(code: 'template' | 'write', problem: string, isWorthARetry: boolean): Outcome {
  const exitCode = code === 'template' ? exitCodes.invalid : exitCodes.other;
  return {
    kind: 'refused',
    failure: new Failure(exitCode, code, problem),
    cause: problem,
    isWorthARetry,
  };
}
