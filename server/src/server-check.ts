import { DEFAULT_PORT } from '@confer/shared';
import { admissionOf } from './admission.ts';
import { doorOf, gateOf, requireSafe } from './door.ts';
import { accessOf, type EtcdOptions, readIfNamed } from './engines.ts';
import { StartError } from './errors.ts';
import { guardChecks } from './guard.ts';
import { requireTransport } from './listen.ts';
import { retentionOf } from './retention-options.ts';
import { systemRuntime } from './runtime.ts';
import type { ServerOptions } from './server.ts';
import { stoppingTimes } from './stopping/stopping.ts';
import { resolveHost } from './transport/address.ts';

const silent = () => {};

/**
 * Looks at all that a server looks at before it opens its data and its port, and says all that is wrong, each on one
 * line. Touches neither of both, and asks no other machine but for the address of a name.
 */
export async function checkServer(options: ServerOptions): Promise<readonly string[]> {
  const found = await Promise.all(checksOf(options).map(problemOf));
  const problems = found.filter((problem) => problem !== undefined);
  return [...new Set(problems)];
}

function checksOf(options: ServerOptions): readonly (() => unknown)[] {
  const { host = '127.0.0.1', port = DEFAULT_PORT, tls, transport } = options;
  const { trustedProxies = [], allowOrigins = [], publicHosts = [] } = options;
  const isAuthOn = options.auth === 'on';
  const place = { host, isAuthOn };
  const directory = options.engine === 'lmdb' ? options.dataDirectory : undefined;
  return [
    () => retentionOf(options),
    () => stoppingTimes(options),
    () => admissionOf({ connectionsMax: options.connectionsMax, isAuthOn }, silent),
    () => requireTransport(tls, transport),
    () => requireSafe({ ...options, ...place }),
    () => requireHost(host, port),
    ...trustedProxies.map((one) => () => gateOf({ ...place, trustedProxies: [one] })),
    ...allowOrigins.map((one) => () => gateOf({ ...place, allowOrigins: [one] })),
    ...publicHosts.map((one) => () => gateOf({ ...place, publicHosts: [one] })),
    () => tls && doorOf({ ...place, tls, insecure: true }, systemRuntime.clock.now()),
    ...guardChecks(options, { directory, log: silent }),
    ...(options.engine === 'etcd' ? etcdChecks(options) : []),
  ];
}

/** Each file by itself, and then all together, which stops at the first of them. */
function etcdChecks(options: EtcdOptions): readonly (() => unknown)[] {
  const { caFile, certFile, keyFile, passwordFile } = options;
  const files = [caFile, certFile, keyFile, passwordFile];
  return [...files.map((file) => () => readIfNamed(file)), () => accessOf(options)];
}

async function requireHost(host: string, port: number): Promise<void> {
  await resolveHost(host).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError('unavailable', `cannot listen on ${host}:${port}: ${why}`, error);
  });
}

async function problemOf(check: () => unknown): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
}
