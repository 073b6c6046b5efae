import type { Client, ClientOptions } from './api.ts';
import { createClient } from './client.ts';
import { systemPlatform } from './platform.ts';
import { openWs } from './sockets/ws.ts';

/**
 * Connects to the servers at `urls` (http, https, ws or wss; with several, each attempt goes to the
 * next one) and returns at once: what is asked meanwhile waits for the connection.
 *
 * ```ts
 * const confer = connect('http://127.0.0.1:7480', { client: { name: 'orders' } });
 * const config = confer.mirror('/shop');
 * await config.ready();
 * config.on('change', ({ changes }) => ...);
 * ```
 *
 * @throws {ConferError} `invalid_argument`, when one of `urls` is no URL of a server or an option is
 * wrong. Never for network reasons.
 */
export function connect(urls: string | readonly string[], options: ClientOptions = {}): Client {
  return createClient(urls, options, systemPlatform(openWs));
}

export * from './public.ts';
