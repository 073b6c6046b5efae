import { constants } from 'node:os';
import { subtreeArgument } from '../arguments.ts';
import type { Environment } from '../child/child.ts';
import { EnvironmentSource, environmentOf } from '../child/environment-source.ts';
import { Supervisor, type SupervisorOptions } from '../child/supervisor.ts';
import { boundedDuration, type Context } from '../context.ts';
import { ProgramEnded, usageError } from '../failure.ts';
import { DEBOUNCE, patienceOf } from '../follow/debounce.ts';
import { type State, Subtrees } from '../follow/subtrees.ts';

export interface ExecOptions {
  readonly onChange?: string;
  readonly once?: true;
  readonly debounce?: string;
  readonly stopTimeout: string;
  readonly pristine?: true;
}

/** Runs a program with its environment from subtrees, and ends as it does. */
export async function exec(
  context: Context,
  given: readonly string[],
  options: ExecOptions,
): Promise<void> {
  const command = context.behindDashes;
  const paths = given.slice(0, given.length - command.length).map(subtreeArgument);
  if (command.length === 0 || paths.length === 0)
    throw usageError(
      'exec takes paths, "--" and the program with its arguments',
      `${context.terminal.command} exec /svc/orders -- ./orders --verbose`,
    );
  const supervision = supervisionOf(command, options);
  const patience = patienceOf(options.debounce ?? DEBOUNCE);
  const inherited = inheritedOf(context, options);
  // Before there is a program, signals are for this one; then they are for it.
  const ended = new AbortController();
  let supervisor: Supervisor | undefined;
  context.terminal.supervise((signal) =>
    supervisor === undefined ? ended.abort(signal) : supervisor.pass(signal),
  );
  const subtrees = await Subtrees.open(context, paths, { patience, signal: ended.signal });
  try {
    const state = await subtrees.first();
    tellOfNothing(context, state);
    const environment = environmentOf(state, inherited);
    supervisor = await Supervisor.start(context, environment, supervision);
    if (ended.signal.aborted) supervisor.pass(ended.signal.reason);
    const source = new EnvironmentSource(context, subtrees, environment, { command, inherited });
    if (options.once === true) await subtrees.close();
    const exitCode = await (options.once === true ? supervisor.ended : keep(supervisor, source));
    if (exitCode !== 0) throw new ProgramEnded(exitCode);
  } finally {
    await subtrees.close();
  }
}

async function keep(supervisor: Supervisor, source: EnvironmentSource): Promise<number> {
  try {
    return await Promise.race([supervisor.keep(source), source.follow()]);
  } catch (error) {
    // What ends here by mistake leaves no program behind.
    await supervisor.end();
    throw error;
  }
}

function supervisionOf(
  command: readonly string[],
  { onChange = 'restart', stopTimeout }: ExecOptions,
): SupervisorOptions {
  const signal = onChange === 'restart' ? undefined : signalOf(onChange);
  const stopTimeoutMs = boundedDuration(stopTimeout, '--stop-timeout');
  return { command, signal, stopTimeoutMs };
}

function signalOf(text: string): NodeJS.Signals {
  const name = text.toUpperCase().replace(/^(SIG)?/, 'SIG');
  const signal = signalNames.find((known) => known === name);
  if (signal !== undefined) return signal;
  throw usageError(
    `--on-change ${text}: it is "restart" or the name of a signal, such as HUP or USR1`,
  );
}

const signalNames = namesOf(constants.signals);

function namesOf<Name extends string>(of: Readonly<Record<Name, number>>): readonly Name[] {
  const names: Name[] = [];
  for (const name in of) names.push(name);
  return names;
}

function inheritedOf({ terminal }: Context, { pristine }: ExecOptions): Environment {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(terminal.env))
    if (value !== undefined && (pristine !== true || name === 'PATH' || name === 'HOME'))
      inherited[name] = value;
  return inherited;
}

/** A path that is mistyped would show as a program that lacks its settings. */
function tellOfNothing(context: Context, { subtrees }: State): void {
  for (const { path, entries } of subtrees)
    if (entries.length === 0)
      context.terminal.stderr.write(`warning: there is nothing at or below ${path}\n`);
}
