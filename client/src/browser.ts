import type { Client, ClientOptions } from './api.ts';
import { createClient } from './client.ts';
import { ConferError } from './errors.ts';
import { systemPlatform } from './platform.ts';
import { openBrowserSocket } from './sockets/browser.ts';

/** Connects to the servers at `urls`. See the entry for Node; this one needs nothing of Node. */
export function connect(urls: string | readonly string[], options: ClientOptions = {}): Client {
  const platform = { ...systemPlatform(openBrowserSocket), onWakeUp };
  return Object.assign(createClient(urls, options, platform), {
    config: elsewhere,
    lease: elsewhere,
  });
}

/** The types are those of Node. */
function elsewhere(): never {
  throw new ConferError(
    'invalid_argument',
    'in a page: config(client, ...) of @confer/client/config, grantLease(client, ...) of .../coordination',
  );
}

export * from './public.ts';

/** What pages have, and other platforms only in part. */
declare const document: EventTarget | undefined;
declare const addEventListener: EventTarget['addEventListener'];

/**
 * Detects a wake-up: calls `check` until `signal` when a page may have slept or changed its network. Its
 * timers stood still then, and nothing else would notice for a while.
 */
function onWakeUp(check: () => void, signal: AbortSignal): void {
  addEventListener('online', check, { signal });
  // Workers have none.
  if (typeof document !== 'undefined')
    document.addEventListener('visibilitychange', check, { signal });
}
