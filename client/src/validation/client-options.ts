import type { ClientOptions } from '../api.ts';
import { callback, durationMs, labels, name, object, pauseMs } from './argument-types.ts';
import { checkArgument, checkOptions, checkToken } from './arguments.ts';

export function checkClientOptions(options: ClientOptions): void {
  checkOptions(options, { onError: callback, openSocket: callback, extras: object });
  const { client, timeouts, retry, token } = options;
  checkOptions(client, { name, version: name, labels }, 'client');
  for (const [key, label] of Object.entries(client?.labels ?? {}))
    if (label !== undefined) checkArgument(`client.labels.${key}`, label, name);
  const times = { connectMs: durationMs, requestMs: durationMs, graceMs: durationMs };
  checkOptions(timeouts, times, 'timeouts');
  checkOptions(retry, { initialMs: pauseMs, maxMs: pauseMs }, 'retry');
  if (typeof token !== 'function') checkToken(token);
}

type Self = NonNullable<ClientOptions['client']>;

/** How the process shows itself: told on each connection, so nobody may make it unspeakable later. */
export function selfOf({ name: ownName, version, labels: ownLabels }: Self): Self {
  return {
    ...(ownName !== undefined && { name: ownName }),
    ...(version !== undefined && { version }),
    ...(ownLabels && { labels: { ...ownLabels } }),
  };
}
