import { readFile } from 'node:fs/promises';
import type { Engine } from './engine/engine.ts';
import type { RetentionLimits } from './engine/retention.ts';
import { StartError } from './errors.ts';
import type { Log } from './log.ts';
import type { EngineMeasures } from './measures.ts';
import { systemRuntime } from './runtime.ts';

/** How a gateway finds its cluster. Files are read again whenever the cluster is opened anew. */
export interface EtcdOptions {
  /** Of the members, as `http://host:port` or `https://host:port`. */
  readonly endpoints: readonly string[];
  /** Of all keys that are Confer's. Default `/confer/`. */
  readonly prefix?: string;
  /** PEM files, for `https`. Without `caFile`, the authorities that Node trusts. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  /**
   * Whether a compaction is etcd's, too (default), for everybody who uses the cluster; or only Confer's, and
   * somebody else compacts etcd.
   */
  readonly compactsCluster?: boolean;
}

export type EngineOptions =
  /** Keeps nothing beyond the end of the process. */
  | { readonly engine: 'memory' }
  /** Keeps its data in a directory, which is made when it is not there. */
  | {
      readonly engine: 'lmdb';
      readonly dataDirectory: string;
      /**
       * Go on although the directory says that data are missing or older than they were. The log says
       * what is lost, and clients that know more are told that this is another history.
       */
      readonly acceptLoss?: boolean;
    }
  /** A gateway over a cluster, which decides and keeps everything. */
  | ({ readonly engine: 'etcd' } & EtcdOptions);

interface Surroundings {
  readonly retention: RetentionLimits;
  readonly log: Log;
  readonly measures: EngineMeasures;
}

/** Opens the engine that was asked for. Rejects with a `StartError` that says what to do. */
export function openEngine(options: EngineOptions, surroundings: Surroundings): Promise<Engine> {
  switch (options.engine) {
    case 'memory':
      return openMemory(surroundings);
    case 'lmdb':
      return openLmdb(options, surroundings);
    case 'etcd':
      return openEtcd(options, surroundings);
  }
}

async function openMemory({ retention, log, measures }: Surroundings): Promise<Engine> {
  const { clock, newId } = systemRuntime;
  const { openMemoryEngine } = await import('./engine/memory/memory.ts');
  const onNotice = (notice: string) => log('warn', notice);
  return openMemoryEngine({ clock, newId, retention, measures, onNotice });
}

async function openLmdb(
  { dataDirectory, acceptLoss = false }: Extract<EngineOptions, { engine: 'lmdb' }>,
  { retention, log, measures }: Surroundings,
): Promise<Engine> {
  const { openLmdbEngine } = await import('./engine/lmdb/open.ts');
  const { StorageError } = await import('./engine/storage-error.ts');
  const onNotice = (notice: string) => log('warn', notice);
  const directory = dataDirectory;
  try {
    const options = { ...systemRuntime, directory, acceptLoss, retention, measures, onNotice };
    return await openLmdbEngine(options);
  } catch (error) {
    if (error instanceof StorageError) throw new StartError('storage', error.message, error);
    throw error;
  }
}

async function openEtcd(
  { prefix = '/confer/', ...options }: EtcdOptions,
  { retention, log, measures }: Surroundings,
): Promise<Engine> {
  const access = await accessOf(options);
  const { connectCluster } = await import('./engine/etcd/client/grpc-cluster.ts');
  const { openEtcdEngine } = await import('./engine/etcd/etcd-engine.ts');
  try {
    return await openEtcdEngine({
      ...systemRuntime,
      cluster: connectCluster({
        endpoints: options.endpoints,
        defer: systemRuntime.defer,
        ...access,
      }),
      prefix,
      compactsCluster: options.compactsCluster ?? true,
      retention,
      measures,
      onNotice: (notice) => log('warn', notice),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError('unavailable', `cannot serve from etcd: ${reason}`, error);
  }
}

/** Reads what is shown to a cluster. Rejects with a `StartError` where something is wrong with it. */
export async function accessOf({
  caFile,
  certFile,
  keyFile,
  user,
  passwordFile,
  endpoints,
}: EtcdOptions) {
  for (const endpoint of endpoints) requireEndpoint(endpoint);
  if (endpoints.length === 0) throw new StartError('invalid', 'etcd has at least one address');
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new StartError('invalid', 'a certificate for etcd and its key come together');
  if ((user === undefined) !== (passwordFile === undefined))
    throw new StartError('invalid', 'a user of etcd and the file of the password come together');
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readIfNamed));
  const password = (await readIfNamed(passwordFile))?.toString().trim();
  if (password === '')
    throw new StartError('invalid', `there is no password in ${passwordFile}: it is empty`);
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    ...(user === undefined || password === undefined ? {} : { user: { name: user, password } }),
  };
}

function requireEndpoint(endpoint: string): void {
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new StartError(
      'invalid',
      `${endpoint} is no address of etcd; one is http://HOST:PORT or https://HOST:PORT`,
    );
}

/** @throws {StartError} where it cannot. */
export async function readIfNamed(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartError('invalid', `${file} cannot be read`, error);
  }
}
