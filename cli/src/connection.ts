import { readFile } from 'node:fs/promises';
import type { ClientOptions, NodeClient, TlsOptions } from '@confer/client';
import { type Context, notice, type TlsFiles } from './context.ts';
import { exitCodes, Failure, Interrupted, usageError } from './failure.ts';
import { tokenSourceOf } from './rights/token-source.ts';
import { VERSION } from './version.ts';

/** Long enough for a server that restarts, short enough for a person who mistyped its URL. */
const TIMEOUT_MS = 10_000;

/** Runs one command against the server. */
export async function withClient<Result>(
  context: Context,
  use: (client: NodeClient) => Promise<Result>,
): Promise<Result> {
  const { settings } = context;
  const { ConferError } = await import('@confer/client');
  const timeoutMs = settings.timeoutMs ?? TIMEOUT_MS;
  const client = await openClient(context, { timeouts: { requestMs: timeoutMs } });
  let told = false;
  const refusal: { current: Error | undefined } = { current: undefined };
  let others = urlsOf(context).length - 1;
  client.on('status', (status) => {
    if (status.kind !== 'waiting') return;
    // Where the certificate of one is no good, that of another may be.
    if (status.refused !== undefined && !(status.refused === 'tls_failed' && others-- > 0)) {
      // A service would wait until that is mended; a person is told at once.
      refusal.current = new ConferError(status.refused, status.reason);
      void client.close();
    } else if (!told) {
      told = true;
      notice(context, `no connection to ${settings.url} (${status.reason}); trying again`);
    }
  });
  return askedOf(context, client, refusal, use);
}

/** Why a client was closed before its command had what it came for. */
export interface Refusal {
  readonly current: Error | undefined;
}

/**
 * Does what a command asks of its client, and closes that, also for who wants no more of it; what fails because the
 * client was refused, or reached nobody, is said as that.
 */
export async function askedOf<Result>(
  context: Context,
  client: NodeClient,
  refusal: Refusal,
  use: (client: NodeClient) => Promise<Result>,
): Promise<Result> {
  const { terminal } = context;
  const { TimeoutError } = await import('@confer/client');
  // What is asked when the command ends has no answer any more.
  const abort = () => void client.close();
  terminal.signal.addEventListener('abort', abort);
  try {
    return await use(client);
  } catch (error) {
    if (terminal.signal.aborted) throw new Interrupted(terminal.signal);
    if (refusal.current !== undefined) throw refusal.current;
    if (error instanceof TimeoutError && client.status.kind !== 'open')
      throw new Failure(exitCodes.unavailable, 'unavailable', error.message, absent(context));
    throw error;
  } finally {
    terminal.signal.removeEventListener('abort', abort);
    await client.close();
  }
}

/** A client, for its command to close. */
export async function openClient(
  context: Context,
  options: Pick<ClientOptions, 'timeouts'>,
): Promise<NodeClient> {
  const { terminal, settings } = context;
  const token = await tokenSourceOf(context);
  const { ConferError, connect } = await import('@confer/client');
  const tls = await tlsOf(settings.tls);
  try {
    // The first is tried first; another one goes on where it is gone.
    return connect(urlsOf(context), {
      ...options,
      tls,
      client: { name: terminal.user, version: VERSION },
      retry: { maxMs: 5_000 },
      ...(token === undefined ? {} : { token }),
    });
  } catch (error) {
    if (error instanceof ConferError && error.code === 'invalid_argument')
      throw usageError(
        error.message.startsWith('tls')
          ? `--ca, --cert, --key: ${error.message}`
          : `--url: ${error.message}`,
      );
    throw error;
  }
}

/** The servers, as they are named on the command line. */
export function urlsOf({ settings }: Context): readonly string[] {
  return settings.url.split(',');
}

/** @throws {Failure} `usage`, when one of the files cannot be read. */
export async function tlsOf(files: TlsFiles): Promise<TlsOptions> {
  const texts = Object.entries(files).map(async ([name, file]) => {
    if (file === undefined) return {};
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw usageError(`--${name} ${file} cannot be read: ${error.message}`);
    });
    return { [name]: text };
  });
  return Object.assign({}, ...(await Promise.all(texts)));
}

/** What helps where no server was reached in time. */
export function absent({ terminal, settings }: Context): string {
  return `is a server running at ${settings.url} ? "${terminal.command} serve" starts one; --url or CONFER_URL names another`;
}
