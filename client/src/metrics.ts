import type { Client } from './api.ts';
import type { ClientMetric, ClientMetrics, WatchedConfig } from './metrics/api.ts';
import { ClientTally } from './metrics/client-tally.ts';
import { textOf } from './metrics/text.ts';

/**
 * How a client does, under names like those of the server's metrics: whether it is connected, how stale what it shows is,
 * how often it began anew. Read what is there whenever you are scraped; in between it costs nothing.
 *
 * ```ts
 * const metrics = metricsOf(client, { configs: [settings] });
 * app.get('/metrics', (_, response) => response.type('text/plain').send(metrics.text()));
 * ```
 *
 * No label has a path or a value in it. The client stays its owner's.
 */
export function metricsOf(
  client: Client,
  { configs = [] }: { readonly configs?: readonly WatchedConfig[] } = {},
): ClientMetrics {
  const tally = new ClientTally(client, configs);
  return {
    read: () => tally.read(),
    text: () => textOf(tally.read()),
    stop: () => tally.stop(),
  };
}

export type { ClientMetric, ClientMetrics, WatchedConfig };
