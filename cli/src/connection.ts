import type { Client, ClientOptions } from '@confer/client';
import { type Context, notice } from './context.ts';
import { exitCodes, Failure, Interrupted, usageError } from './failure.ts';
import { tokenSourceOf } from './rights/token-source.ts';
import { VERSION } from './version.ts';

/** Long enough for a server that restarts, short enough for a person who mistyped its URL. */
const TIMEOUT_MS = 10_000;

/** Runs one command against the server. */
export async function withClient<Result>(
  context: Context,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { terminal, settings } = context;
  const { ConferError, TimeoutError } = await import('@confer/client');
  const timeoutMs = settings.timeoutMs ?? TIMEOUT_MS;
  const client = await openClient(context, { timeouts: { requestMs: timeoutMs } });
  let told = false;
  let refusal: Error | undefined;
  client.on('status', (status) => {
    if (status.kind !== 'waiting') return;
    if (status.refused !== undefined) {
      // A service would wait until that is mended; a person is told at once.
      refusal = new ConferError(status.refused, status.reason);
      void client.close();
    } else if (!told) {
      told = true;
      notice(context, `no connection to ${settings.url} (${status.reason}); trying again`);
    }
  });
  const abort = () => void client.close();
  terminal.signal.addEventListener('abort', abort);
  try {
    return await use(client);
  } catch (error) {
    if (terminal.signal.aborted) throw new Interrupted(terminal.signal);
    if (refusal !== undefined) throw refusal;
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
): Promise<Client> {
  const { terminal, settings } = context;
  const token = await tokenSourceOf(context);
  const { ConferError, connect } = await import('@confer/client');
  try {
    // The first is tried first; another one goes on where it is gone.
    return connect(settings.url.split(','), {
      ...options,
      client: { name: terminal.user, version: VERSION },
      retry: { maxMs: 5_000 },
      ...(token === undefined ? {} : { token }),
    });
  } catch (error) {
    if (error instanceof ConferError && error.code === 'invalid_argument')
      throw usageError(`--url: ${error.message}`);
    throw error;
  }
}

function absent({ terminal, settings }: Context): string {
  return `is a server running at ${settings.url} ? "${terminal.command} serve" starts one; --url or CONFER_URL names another`;
}
