import { ttlProblem } from '@confer/shared';
import { ConferError } from '../../errors.ts';
import { throwIfAborted } from '../../requests/deadline.ts';
import {
  signal as abortSignal,
  count,
  durationMs,
  flag,
  object,
} from '../../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../../validation/arguments.ts';
import type { Parts } from '../parts.ts';
import type { DiscoverOptions, Discovery, Instance, RegisterOptions, Registration } from './api.ts';
import { checkPick, LiveDiscovery } from './discovery.ts';
import { checkUpdate } from './instance.ts';
import { instancePath, serviceFolder } from './names.ts';
import { KeptRegistration } from './registration.ts';

/** Short, as who asks an instance that is gone waits for nothing; long enough for a registry that restarts. */
const TTL_MS = 10_000;

/** Resolves once it is there. All that can be wrong with what it says is found before anything is sent. */
export async function registerAs(
  parts: Parts,
  service: string,
  options: RegisterOptions,
): Promise<Registration> {
  const folder = serviceFolder(service);
  checkArgument('options', options, object);
  checkOptions(options, {
    ...{ ttlMs: count, healthy: flag, timeoutMs: durationMs, signal: abortSignal },
  });
  const { id = parts.context.newId(), address, weight = 1, labels = {} } = options;
  const path = instancePath(folder, id);
  if (address === undefined)
    throw new ConferError('invalid_argument', 'an instance has an address: where to reach it');
  checkUpdate({ address, weight, labels });
  const { ttlMs = TTL_MS, healthy = true } = options;
  const problem = ttlProblem(ttlMs);
  if (problem !== undefined) throw new ConferError('invalid_argument', problem);
  throwIfAborted(options.signal);
  const state = healthy ? 'healthy' : 'unhealthy';
  const instance: Instance = { id, address, weight, labels: { ...labels }, state };
  const registration = new KeptRegistration(parts, { service, path, ttlMs, instance });
  const { timeoutMs, signal } = options;
  await registration.first({
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(signal !== undefined && { signal }),
  });
  return registration;
}

export function discoverAs(
  parts: Parts,
  service: string,
  options: DiscoverOptions = {},
): Discovery {
  const folder = serviceFolder(service);
  checkOptions(options, { signal: abortSignal });
  checkPick(options);
  return new LiveDiscovery(parts, service, folder, options);
}
