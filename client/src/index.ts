import type { ClientOptions } from './api.ts';
import { createClient } from './client.ts';
import { OverrideFile } from './config/override-file.ts';
import { asNodeClient, type NodeClient } from './node-client.ts';
import { systemPlatform, warn } from './platform.ts';
import type { TlsOptions } from './sockets/tls.ts';
import { wsSockets } from './sockets/ws.ts';
import { callback, text } from './validation/argument-types.ts';
import { checkOptions } from './validation/arguments.ts';

/** What Node can do beside what browsers can. */
export interface NodeClientOptions extends ClientOptions {
  /** Whom to believe, and how to show oneself, over https and wss. */
  readonly tls?: TlsOptions;
  /**
   * The file in which the operator of this machine puts values over those of the server, for all typed configuration:
   * JSON whose keys are paths, `{ "/svc/orders/pool/max": 20 }`. Read anew when it changes; it need not be there.
   */
  readonly override?: string;
  /** Told what that file overrides. Default: `console.warn`. */
  readonly onOverride?: (message: string) => void;
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
export function connect(
  urls: string | readonly string[],
  options: NodeClientOptions = {},
): NodeClient {
  checkOptions(options, { override: text, onOverride: callback });
  const { tls, override, onOverride = warn } = options ?? {};
  const client = createClient(urls, options, {
    ...systemPlatform(wsSockets(tls)),
    ...(override !== undefined && {
      override: (clock, report) => new OverrideFile(override, clock, report, onOverride),
    }),
  });
  return asNodeClient(client);
}

export * from './public.ts';
export { fileSnapshot } from './snapshot/file-snapshot.ts';
export type { SnapshotOptions } from './snapshot/kept-mirrors.ts';
export { tracedExtras } from './traced-extras.ts';
export type { NodeClient, TlsOptions };
