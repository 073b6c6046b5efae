import { ConferError, type NodeClient } from '@confer/client';
import type { Held } from '@confer/client/coordination';
import { HeldProgram, inheritedBy } from '../child/held-program.ts';
import { absent, openClient } from '../connection.ts';
import { boundedDuration, type Context, notice, parseDuration } from '../context.ts';
import { exitCodes, Failure, Interrupted, ProgramEnded, usageError } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';

export interface HoldingOptions {
  readonly wait?: string;
  readonly ttl: string;
  readonly stopTimeout: string;
}

/** How to get what is to be held. */
export interface AcquireTimes {
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Something that is held while a program runs. */
export type Hold = Held & { release(): Promise<void> };

/** The name and the program of a command line that ends with `-- CMD`. */
export function nameAndCommand(
  context: Context,
  given: readonly string[],
  verb: string,
): { readonly name: string; readonly command: readonly string[] } {
  const command = context.behindDashes;
  const [name, ...more] = given.slice(0, given.length - command.length);
  if (name === undefined || more.length > 0 || command.length === 0)
    throw usageError(
      `${verb} takes a name, "--" and the program with its arguments`,
      `${context.terminal.command} ${verb} nightly-report -- ./report --verbose`,
    );
  return { name, command };
}

/** Waits for something, runs a program while it is held, and ends as that does. */
export async function runHolding(
  context: Context,
  command: readonly string[],
  options: HoldingOptions,
  acquire: (client: NodeClient, times: AcquireTimes) => Promise<Hold>,
): Promise<void> {
  const { wait, ttl, stopTimeout } = options;
  const stopTimeoutMs = boundedDuration(stopTimeout, '--stop-timeout');
  // Before there is a program, signals are for this one; then they are for it.
  const ended = new AbortController();
  const times = {
    ttlMs: parseDuration(ttl),
    waitMs: wait === undefined ? Number.POSITIVE_INFINITY : wait === '0' ? 0 : parseDuration(wait),
    signal: ended.signal,
  };
  let program: HeldProgram | undefined;
  context.terminal.supervise((signal) =>
    program === undefined ? ended.abort(signal) : program.pass(signal),
  );
  const client = await openHolding(context);
  try {
    const held = await client.acquire(acquire, times);
    try {
      if (ended.signal.aborted) throw new Interrupted(ended.signal);
      notice(context, `${held.path} is held with fencing token ${held.fencingToken}`);
      const environment = {
        ...inheritedBy(context),
        CONFER_FENCING_TOKEN: `${held.fencingToken}`,
        CONFER_LOCK_PATH: held.path,
      };
      program = await HeldProgram.start(context, { command, environment, stopTimeoutMs });
      const { exitCode, isStopped } = await program.until(held.signal);
      if (isStopped && held.loss !== undefined) throw lost(held.loss);
      if (exitCode !== 0) throw new ProgramEnded(exitCode);
    } finally {
      // What is lost was given up in that moment, as far as the server can be reached.
      if (held.status === 'held')
        await held.release().catch((error: Error) => tellOfRest(context, error));
    }
  } finally {
    await client.close();
  }
}

/** A client for as long as it takes: a server that is away is waited for, and one that refuses is not. */
async function openHolding(context: Context) {
  const { settings } = context;
  const requestMs = settings.timeoutMs ?? 10_000;
  const client = await openClient(context, { timeouts: { requestMs } });
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  return {
    async acquire(
      how: (client: NodeClient, times: AcquireTimes) => Promise<Hold>,
      times: AcquireTimes,
    ): Promise<Hold> {
      try {
        return await how(client, times);
      } catch (error) {
        if (times.signal.aborted) throw new Interrupted(times.signal);
        if (refusal.current !== undefined) throw refusal.current;
        if (
          error instanceof ConferError &&
          error.code === 'timeout' &&
          client.status.kind !== 'open'
        )
          throw new Failure(exitCodes.unavailable, 'unavailable', error.message, absent(context));
        throw error;
      }
    },
    close: () => client.close(),
  };
}

function lost({ message }: ConferError): Failure {
  return new Failure(
    exitCodes.unavailable,
    'lease_lost',
    `${message}; the program was ended`,
    'a longer --ttl outlives longer outages; what the program writes to should refuse older fencing tokens',
  );
}

function tellOfRest(context: Context, { message }: Error): void {
  context.terminal.stderr.write(
    `warning: it was not given up (${message}); it ends by itself within its TTL\n`,
  );
}
