import type { Client } from '@confer/client';
import type { Entry } from '@confer/shared';
import { countArgument, entryArgument } from '../arguments.ts';
import { absent, openClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure, Interrupted } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';
import { oneLine } from '../output/text.ts';
import { entryPrinterOf } from './get.ts';

export interface WaitForOptions {
  readonly value?: string;
  readonly gone?: true;
  readonly revision?: string;
}

/** Waits until a path is as wanted, and prints what it holds then. */
export async function wait(
  context: Context,
  argument: string,
  options: WaitForOptions,
): Promise<void> {
  const { terminal, settings } = context;
  const path = entryArgument(argument);
  const print = entryPrinterOf(context);
  const { revision: least = '0' } = options;
  const wanted = { path, options, least: countArgument(least, '--revision') };
  const over = new AbortController();
  const interrupt = () => over.abort();
  const client = await openClient(context, { timeouts: { requestMs: Number.POSITIVE_INFINITY } });
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  terminal.signal.addEventListener('abort', interrupt);
  if (terminal.signal.aborted) interrupt();
  const timer =
    settings.timeoutMs === undefined
      ? undefined
      : terminal.clock.setTimer(settings.timeoutMs, () => over.abort());
  try {
    const entry = await until(client, wanted, over.signal);
    if (entry !== undefined) await print(entry);
  } catch (error) {
    if (terminal.signal.aborted) throw new Interrupted(terminal.signal);
    if (over.signal.aborted) throw late(context, client, wanted);
    throw refusal.current ?? error;
  } finally {
    timer?.cancel();
    terminal.signal.removeEventListener('abort', interrupt);
    await client.close();
  }
}

interface Wanted {
  readonly path: string;
  readonly options: WaitForOptions;
  readonly least: number;
}

/** The entry that is as wanted; `undefined` where none is. Looks at each commit by itself. */
async function until(
  client: Client,
  { path, options, least }: Wanted,
  signal: AbortSignal,
): Promise<Entry | undefined> {
  const mirror = client.mirror(path);
  // From before the first look, so that nothing falls between that and the first change.
  const changes = mirror.changes({ signal });
  await mirror.ready({ signal });
  await mirror.waitFor(least, { signal });
  const found = mirror.get(path);
  if (isWanted(found, options)) return found;
  for await (const commit of changes) {
    const change = commit.changes.find((one) => one.path === path);
    if (change === undefined || commit.revision < least) continue;
    const entry = change.type === 'put' ? change.entry : undefined;
    if (isWanted(entry, options)) return entry;
  }
  throw signal.reason;
}

function isWanted(entry: Entry | undefined, { value, gone }: WaitForOptions): boolean {
  if (entry === undefined || gone === true) return gone === true && entry === undefined;
  return value === undefined || entry.value === value;
}

function late(context: Context, client: Client, { path, options, least }: Wanted): Failure {
  if (client.status.kind !== 'open')
    return new Failure(
      exitCodes.unavailable,
      'unavailable',
      `no connection to ${context.settings.url}`,
      absent(context),
    );
  const { value, gone } = options;
  const what =
    gone === true ? 'still has a value' : `has no ${value === undefined ? '' : 'such '}value`;
  const as = least === 0 ? '' : ` at revision ${least} or later`;
  return new Failure(
    exitCodes.unavailable,
    'timeout',
    oneLine(`${path} ${what}${as} after --timeout`),
    `${context.terminal.command} get ${path} says what is there`,
  );
}
