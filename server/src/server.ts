import { DEFAULT_PORT, type Status } from '@confer/shared';
import { admissionOf } from './admission.ts';
import { Bootstrap } from './auth/bootstrap.ts';
import { Core } from './core.ts';
import { Counters } from './counters.ts';
import { type Door, type DoorOptions, InsecureReminder } from './door.ts';
import { type RetentionLimits, retentionDefaults } from './engine/retention.ts';
import { type EngineOptions, openEngine } from './engines.ts';
import { StartError } from './errors.ts';
import { listen, requireAddress, type TransportName } from './listen.ts';
import type { Log } from './log.ts';
import { systemRuntime } from './runtime.ts';
import { Serving } from './serving.ts';
import type { TlsOptions } from './tls/certificate.ts';
import { Renewal, type RenewalOptions } from './tls/renewal.ts';

export type ServerOptions = EngineOptions &
  DoorOptions & {
    /** Default 127.0.0.1. Addresses beyond this machine need authentication and TLS. */
    readonly host?: string;
    /** Default 7480; 0 takes a free one. */
    readonly port?: number;
    /** Default: uWebSockets.js where it runs, else ws. */
    readonly transport?: TransportName;
    /**
     * Whether everybody is asked who they are. Default `off`: then everybody may do everything, and only this machine
     * is served.
     */
    readonly auth?: 'on' | 'off';
    /** A file with a token of the operator's own, which becomes the first admin's where there is none. */
    readonly bootstrapTokenFile?: string;
    /** Default 10,000. */
    readonly heartbeatMs?: number;
    /**
     * Connections at once; those beyond are refused with HTTP 503. Default 50,000, and never more than
     * the limit of open files leaves room for.
     */
    readonly connectionsMax?: number;
    /**
     * How much history is kept: by age or by commits, whichever keeps more, but not beyond so many bytes.
     * Default: 24 hours, 100,000 commits, 1 GiB (256 MiB on etcd, as a gateway counts them). Current entries are
     * kept for ever.
     */
    readonly retention?: Partial<RetentionLimits>;
    /** Default: silent. */
    readonly log?: Log;
  };

/** A running server. */
export interface Server {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly transport: TransportName;
  status(): Omit<Status, 'type' | 'id'>;
  /** What happened since the start: connections, refusals, watches. Names stay, counts only grow. */
  counters(): Readonly<Record<string, number>>;
  /**
   * Resolves with the reason when the storage can do nothing any more before another start. The one who
   * runs the server closes it then, and ends so that it is started again, or somebody looks.
   */
  readonly failed: Promise<string>;
  /** Reads the certificate again, which happens by itself within a minute. The log says what came of it. */
  reload(): Promise<void>;
  /**
   * Stops accepting, tells every client when to come back, finishes what was accepted, flushes and
   * lets go of the data. The same promise however often it is called.
   */
  close(): Promise<void>;
}

/**
 * Starts a server in this process and resolves once it accepts connections. Rejects with a
 * `StartError` when it cannot; then nothing was left behind.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, log = () => {} } = options;
  const retention = retentionOf(options);
  const counters = new Counters();
  const { heartbeatMs } = options;
  const admission = admissionOf(options.connectionsMax, log);
  const { clock } = systemRuntime;
  const { transport } = options;
  const isAuthOn = options.auth === 'on';
  const at = { ...options, host, port, transport, log, counters, admission, isAuthOn };
  const door = await requireAddress(at, clock.now());
  const bootstrap = bootstrapOf(options, log);
  const open = async () => {
    const core = new Core({
      engine: await openEngine(options, { retention, log }),
      runtime: systemRuntime,
      log,
      counters,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      ...(bootstrap === undefined ? {} : { auth: { bootstrap: () => bootstrap.secret } }),
    });
    try {
      if (core.administration !== undefined) await bootstrap?.prepare(core.administration);
    } catch (error) {
      await core.stop();
      throw error;
    }
    return core;
  };
  const serving = new Serving(await open(), { open, clock: systemRuntime.clock, log });
  try {
    const { transport, listener } = await listen(at, door, (socket) => serving.accept(socket));
    const renewal = renewalOf(options.tls, door, (files) => listener.renewTls(files), log);
    const reminder = new InsecureReminder(host, door.lacks, clock, log);
    let closed: Promise<void> | undefined;
    const close = async () => {
      renewal?.stop();
      reminder.stop();
      listener.stopAccepting();
      await serving.stop();
      await listener.close();
    };
    const scheme = options.tls === undefined ? 'http' : 'https';
    return {
      url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`,
      host,
      port: listener.port,
      transport,
      failed: serving.failed,
      status: () => serving.status(),
      counters: () => serving.counters(),
      reload: async () => renewal?.reload(),
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    await serving.stop();
    throw error;
  }
}

function renewalOf(
  tls: TlsOptions | undefined,
  { certificate }: Door,
  show: RenewalOptions['show'],
  log: Log,
): Renewal | undefined {
  if (tls === undefined || certificate === undefined) return undefined;
  return new Renewal({ tls, clock: systemRuntime.clock, log, show }, certificate);
}

function bootstrapOf(options: ServerOptions, log: Log): Bootstrap | undefined {
  const { auth = 'off', bootstrapTokenFile: tokenFile } = options;
  if (auth === 'off') {
    if (tokenFile === undefined) return undefined;
    throw new StartError('invalid', '--bootstrap-token-file is for a server with --auth on');
  }
  const directory = options.engine === 'lmdb' ? options.dataDirectory : undefined;
  const { clock, newSecret } = systemRuntime;
  return new Bootstrap({ directory, tokenFile, clock, newSecret, log });
}

/** A commit takes several times as much in etcd as in the memory of a gateway, and a common quota there is 2 GiB. */
const ETCD_HISTORY_BYTES = 256 * 1024 * 1024;

function retentionOf({ engine, retention = {} }: ServerOptions): RetentionLimits {
  const bytes = engine === 'etcd' ? ETCD_HISTORY_BYTES : retentionDefaults.bytes;
  const limits = { ...retentionDefaults, bytes, ...retention };
  for (const [name, limit] of Object.entries(limits))
    if (!Number.isSafeInteger(limit) || limit < 0)
      throw new StartError('invalid', `retention.${name} is a whole number from 0, not ${limit}`);
  return limits;
}
