import type { Client, ClientOptions } from './api.ts';
import { createClient } from './client.ts';
import { systemPlatform } from './platform.ts';
import type { TlsOptions } from './sockets/tls.ts';
import { wsSockets } from './sockets/ws.ts';

/** What Node can do beside what browsers can. */
export interface NodeClientOptions extends ClientOptions {
  /** Whom to believe, and how to show oneself, over https and wss. */
  readonly tls?: TlsOptions;
}

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
export function connect(urls: string | readonly string[], options: NodeClientOptions = {}): Client {
  return createClient(urls, options, systemPlatform(wsSockets(options?.tls)));
}

export * from './public.ts';
export { fileSnapshot } from './snapshot/file-snapshot.ts';
export type { SnapshotOptions } from './snapshot/kept-mirrors.ts';
export type { TlsOptions };
