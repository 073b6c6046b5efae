import { ConferError, type NodeClient } from '@confer/client';
import type { RegisterOptions, Registration } from '@confer/client/coordination';
import { countArgument } from '../arguments.ts';
import { HealthCheck } from '../child/health-check.ts';
import { HeldProgram, inheritedBy } from '../child/held-program.ts';
import { openClient } from '../connection.ts';
import { boundedDuration, type Context, notice, parseDuration } from '../context.ts';
import { exitCodes, Failure, ProgramEnded, usageError } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';

export interface RegisterRunOptions {
  readonly address?: string;
  readonly id?: string;
  readonly label?: readonly string[];
  readonly weight: string;
  readonly ttl: string;
  readonly check?: string;
  readonly checkInterval: string;
  readonly drainTime?: string;
}

/** From SIGTERM to SIGKILL for a program whose registration was refused. */
const STOP_MS = 10_000;

interface Wanted {
  readonly service: string;
  readonly command: readonly string[];
  readonly instance: RegisterOptions;
  readonly check: string | undefined;
  readonly checkIntervalMs: number;
  readonly drainMs: number;
}

/** Keeps an instance registered, for as long as a program runs or until it is asked to end. */
export async function register(
  context: Context,
  given: readonly string[],
  options: RegisterRunOptions,
): Promise<void> {
  const wanted = wantedOf(context, given, options);
  const ending = new AbortController();
  let program: HeldProgram | undefined;
  context.terminal.supervise((signal) => {
    // The end is for this one first, so that nobody turns to the program any more when it ends.
    const isEnd = signal === 'SIGTERM' || signal === 'SIGINT' || program === undefined;
    if (isEnd && !ending.signal.aborted) ending.abort(signal);
    else program?.pass(signal);
  });
  const requestMs = context.settings.timeoutMs ?? Number.POSITIVE_INFINITY;
  const client = await openClient(context, { timeouts: { requestMs } });
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  try {
    const { command } = wanted;
    if (command.length > 0)
      program = await HeldProgram.start(context, {
        ...{ command, environment: inheritedBy(context), stopTimeoutMs: STOP_MS },
      });
    const exitCode = await keep(context, client, wanted, program, ending.signal);
    if (exitCode !== 0) throw new ProgramEnded(exitCode);
  } catch (error) {
    if (!(error instanceof ProgramEnded)) await program?.stop();
    throw refusal.current ?? error;
  } finally {
    await client.close();
  }
}

/** The exit code of the program, or 0 without one. */
async function keep(
  context: Context,
  client: NodeClient,
  wanted: Wanted,
  program: HeldProgram | undefined,
  ending: AbortSignal,
): Promise<number> {
  const { service, instance, drainMs } = wanted;
  const leaving = new AbortController();
  const ended = program?.ended.then((exitCode) => {
    leaving.abort();
    return exitCode;
  });
  const asked = aborted(ending);
  ending.addEventListener('abort', () => leaving.abort());
  const registering = client
    .register(service, { ...instance, signal: leaving.signal })
    .catch((error: unknown) => {
      if (leaving.signal.aborted) return undefined;
      throw error;
    });
  const registration = await registering;
  if (registration !== undefined) tellOf(context, registration);
  const check =
    registration && wanted.check !== undefined
      ? new HealthCheck(context, registration, wanted.check, wanted.checkIntervalMs)
      : undefined;
  try {
    const replaced = registration && program === undefined ? replacedBy(registration) : asked;
    await Promise.race([ended ?? asked, asked, replaced]);
    if (!ending.aborted) return (await ended) ?? 0;
    if (registration !== undefined && drainMs > 0)
      await drain(context, registration, drainMs, ended);
    program?.pass(ending.reason);
    return (await ended) ?? 0;
  } finally {
    check?.stop();
    await registration?.deregister({ timeoutMs: 5_000 }).catch((error: Error) => {
      context.terminal.stderr.write(
        `warning: it was not taken out (${error.message}); it goes by itself within its TTL\n`,
      );
    });
  }
}

/**
 * Others have some time to notice, from when it is said, unless there is nothing to wait for any more. Where it cannot be
 * said within that time, nobody can notice.
 */
async function drain(
  context: Context,
  registration: Registration,
  drainMs: number,
  ended: Promise<unknown> | undefined,
): Promise<void> {
  notice(context, `draining for ${drainMs} ms`);
  const wait = () =>
    new Promise<void>((resolve) => {
      context.terminal.clock.setTimer(drainMs, resolve);
    });
  const drained = registration.drain({ timeoutMs: drainMs }).then(wait, () => {});
  await Promise.race(ended === undefined ? [drained] : [drained, ended]);
}

function tellOf(context: Context, registration: Registration): void {
  notice(context, `registered ${registration.path}`);
  registration.on('status', ({ to, reason }) => {
    if (to === 'registered') notice(context, `registered ${registration.path} again`);
    else if (to !== 'deregistered')
      context.terminal.stderr.write(`warning: ${registration.path} is ${to}: ${reason}\n`);
  });
}

/** Somebody else has it, and there is nothing left to do. */
function replacedBy(registration: Registration): Promise<never> {
  return new Promise((_, reject) => {
    registration.on('status', ({ to, reason }) => {
      if (to === 'replaced')
        reject(new ConferError('conflict', reason, { path: registration.path }));
    });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}

function wantedOf(context: Context, given: readonly string[], options: RegisterRunOptions): Wanted {
  const command = context.behindDashes;
  const [service, ...more] = given.slice(0, given.length - command.length);
  const { address, id, check, weight } = options;
  if (service === undefined || more.length > 0 || address === undefined)
    throw usageError(
      'register takes the name of a service and --address, and perhaps "--" and a program',
      `${context.terminal.command} register orders --address 10.0.0.7:8080 -- ./orders`,
    );
  const labels = Object.fromEntries((options.label ?? []).map(labelOf));
  const { drainTime = command.length > 0 ? '3s' : '0' } = options;
  return {
    service,
    command,
    instance: {
      ...{ address, labels, weight: countArgument(weight, '--weight') },
      ttlMs: parseDuration(options.ttl),
      healthy: check === undefined,
      ...(id !== undefined && { id }),
    },
    check,
    checkIntervalMs: boundedDuration(options.checkInterval, '--check-interval'),
    drainMs: drainTime === '0' ? 0 : boundedDuration(drainTime, '--drain-time'),
  };
}

function labelOf(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new Failure(exitCodes.usage, 'usage', `--label ${text}: a label is NAME=VALUE`);
}
