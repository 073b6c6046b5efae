import { type Client, CompactedError } from '@confer/client';
import { countArgument, subtreeArgument } from '../arguments.ts';
import { openClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { Interrupted } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';
import { type ChangePrinter, changePrinterOf } from '../output/change.ts';

export interface WatchOptions {
  readonly since?: string;
  readonly initial?: true;
}

/** Where a watch begins. */
type Start =
  | { readonly kind: 'now' }
  /** With what is there now, then as `now`. */
  | { readonly kind: 'initial' }
  | { readonly kind: 'after'; readonly revision: number };

/** Prints changes until somebody ends it. A server that is away is waited for. */
export async function watch(
  context: Context,
  argument: string,
  options: WatchOptions,
): Promise<void> {
  const path = subtreeArgument(argument);
  const printer = changePrinterOf(context);
  const requestMs = context.settings.timeoutMs ?? Number.POSITIVE_INFINITY;
  let start = startOf(options);
  const client = await openClient(context, { timeouts: { requestMs } });
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  try {
    for (;;) start = await follow(context, client, { path, start, printer });
  } catch (error) {
    if (context.terminal.signal.aborted) throw new Interrupted(context.terminal.signal);
    throw refusal.current ?? error;
  } finally {
    await client.close();
  }
}

function startOf({ since, initial }: WatchOptions): Start {
  if (since !== undefined) return { kind: 'after', revision: countArgument(since, '--since') };
  return { kind: initial === true ? 'initial' : 'now' };
}

interface Following {
  readonly path: string;
  readonly start: Start;
  readonly printer: ChangePrinter;
}

/** Prints changes as long as no hole is between them; returns where to start again after one. */
async function follow(context: Context, client: Client, following: Following): Promise<Start> {
  const { path, start, printer } = following;
  const { signal, command } = context.terminal;
  const after = start.kind === 'after' ? await positionOf(client, start.revision, signal) : {};
  const watch = client.watch(path, { ...after, signal });
  try {
    const { revision } = await watch.started({ signal });
    notice(context, `watching ${path} from revision ${revision}`);
    // The watch runs already, so no change can fall between the list and the first commit.
    const seen =
      start.kind === 'initial' ? await printInitial(client, following, signal) : revision;
    for await (const commit of watch) if (commit.revision > seen) await printer.commit(commit);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    tellOfHole(context, error, watch.position?.revision);
    return start.kind === 'initial' ? start : { kind: 'now' };
  } finally {
    if (signal.aborted && watch.position !== undefined)
      notice(
        context,
        `stopped; to go on: ${command} watch ${path} --since ${watch.position.revision}`,
      );
  }
  throw new Interrupted(signal);
}

async function positionOf(client: Client, revision: number, signal: AbortSignal) {
  const { epoch } = await client.serverStatus({ signal });
  return { after: { epoch, revision } };
}

async function printInitial(
  client: Client,
  { path, printer }: Following,
  signal: AbortSignal,
): Promise<number> {
  const { entries, revision } = await client.list(path, { signal });
  for (const entry of entries) await printer.initial(entry, revision);
  return revision;
}

function tellOfHole(context: Context, error: CompactedError, revision: number | undefined): void {
  const since = revision === undefined ? '' : ` after revision ${revision}`;
  const why =
    error.reason === 'epoch'
      ? 'the server has another history now (restored or wiped)'
      : `the server keeps no history before revision ${error.compactedRevision}`;
  context.terminal.stderr.write(
    `warning: ${why}; changes${since} may have been missed; going on from now\n`,
  );
}
