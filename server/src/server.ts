import { DEFAULT_PORT, type Status } from '@confer/shared';
import { admissionOf } from './admission.ts';
import { answering } from './answering.ts';
import { Core } from './core.ts';
import { Counters } from './counters.ts';
import { type Door, type DoorOptions, InsecureReminder } from './door.ts';
import { LiveRetention, type RetentionLimits } from './engine/retention.ts';
import { type EngineOptions, openEngine } from './engines.ts';
import { Guard, type GuardOptions } from './guard.ts';
import { listen, requireAddress, type TransportName } from './listen.ts';
import type { Log } from './log.ts';
import { Measures } from './measures.ts';
import { openTracing } from './open-telemetry.ts';
import { Overview } from './overview.ts';
import { Readiness } from './readiness.ts';
import { type ReloadableOptions, Reloading } from './reloading.ts';
import { type RetentionOptions, retentionOf } from './retention-options.ts';
import { systemRuntime } from './runtime.ts';
import { Serving } from './serving.ts';
import { Stopping, type StoppingTimes, stoppingTimes } from './stopping/stopping.ts';
import type { TlsOptions } from './tls/certificate.ts';
import { Renewal, type RenewalOptions } from './tls/renewal.ts';
import type { Tracing } from './tracing.ts';
import type { Listener } from './transport/transport.ts';
import { Vitals } from './vitals.ts';

export type ServerOptions = EngineOptions &
  DoorOptions &
  GuardOptions &
  RetentionOptions & {
    /** Default 127.0.0.1. Addresses beyond this machine need authentication and TLS. */
    readonly host?: string;
    /** Default 7480; 0 takes a free one. */
    readonly port?: number;
    /** Default: uWebSockets.js where it runs, else ws. */
    readonly transport?: TransportName;
    /** Default 10,000. */
    readonly heartbeatMs?: number;
    /**
     * Connections at once; those beyond are refused with HTTP 503. Default 50,000, and never more than
     * the limit of open files leaves room for.
     */
    readonly connectionsMax?: number;
    /**
     * How long it goes on as ever after it has said that it is not ready, until whoever sends clients here has seen
     * that. Default 0; at most an hour.
     */
    readonly drainDelayMs?: number;
    /** How long it takes to stop, that delay included. Default 20,000; at most an hour. */
    readonly drainTimeoutMs?: number;
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
  /** The page of metrics, in the text format of Prometheus. */
  metrics(): Promise<string>;
  /**
   * Resolves with the reason when the storage can do nothing any more before another start. The one who
   * runs the server closes it then, and ends so that it is started again, or somebody looks.
   */
  readonly failed: Promise<string>;
  /**
   * Reads again the certificate, which happens by itself within a minute, and the issuers, and goes by `changes` from
   * now on. Rejects with a `StartError` where something is wrong with the issuers or the changes: then nothing has
   * changed. What came of the certificate is in the log; a bad one leaves the one that was.
   */
  reload(changes?: ReloadableOptions): Promise<void>;
  /**
   * Says that it is not ready, and after the delay for that stops accepting, tells every client when to come back,
   * finishes what was accepted, flushes and lets go of the data. The same promise however often it is called.
   * Rejects with a `StopError` where that took longer than it may.
   */
  close(): Promise<void>;
}

/**
 * Starts a server in this process and resolves once it accepts connections. Rejects with a
 * `StartError` when it cannot; then nothing was left behind.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, log = () => {} } = options;
  const retention = new LiveRetention(retentionOf(options));
  const counters = new Counters();
  const measures = new Measures(systemRuntime.uptimeMs);
  const isAuthOn = options.auth === 'on';
  const admission = admissionOf({ ...options, isAuthOn }, log);
  const { clock } = systemRuntime;
  const times = stoppingTimes(options);
  const asked = { host, port, clock, log, transport: options.transport };
  const at = { ...options, ...asked, counters, admission, isAuthOn };
  const door = await requireAddress(at, clock.now());
  const directory = options.engine === 'lmdb' ? options.dataDirectory : undefined;
  const guard = await Guard.open(options, { directory, log });
  const vitals = new Vitals();
  const tracing = await openTracing();
  const open = () =>
    openCore(options, { guard, retention, counters, measures, vitals, tracing, log });
  const core = await open().catch(async (error: unknown) => {
    vitals.stop();
    await guard.stopped();
    throw error;
  });
  const serving = new Serving(core, { open, clock: systemRuntime.clock, log });
  const readiness = new Readiness();
  const told = { serving, readiness, counters, measures, vitals };
  const view = new Overview({ ...told, runtime: systemRuntime });
  try {
    const { transport, listener } = await listen(at, door, {
      onOpen: (socket) => serving.accept(socket),
      onExchange: answering({ serving, view, isGuarded: isAuthOn, log }),
    });
    const renewal = renewalOf(options.tls, door, (files) => listener.renewTls(files), log);
    const reminder = new InsecureReminder(host, door.lacks, clock, log);
    view.listens({ transport, listener, renewal });
    const reloading = new Reloading(options, { at, door, guard, retention, renewal });
    const beside = [reminder, ...(renewal === undefined ? [] : [renewal])];
    const running = { readiness, guard, serving, listener, vitals, beside };
    const stopping = stoppingOf(times, running);
    readiness.become({ kind: 'serving' });
    guard.started(`${host}:${listener.port}`);
    return {
      ...placeOf(host, listener.port, options.tls !== undefined),
      transport,
      failed: serving.failed,
      status: () => serving.status(),
      counters: () => serving.counters(),
      metrics: async () => (await view.metrics()).text,
      reload: (changes) => reloading.reload(changes),
      close: () => stopping.stop(),
    };
  } catch (error) {
    vitals.stop();
    await guard.stopped();
    await serving.stop();
    throw error;
  }
}

interface Running {
  readonly readiness: Readiness;
  readonly guard: Guard;
  readonly serving: Serving;
  readonly listener: Listener;
  readonly vitals: Vitals;
  /** What goes on beside that for as long as somebody is let in. */
  readonly beside: readonly { stop(): void }[];
}

function stoppingOf(
  times: StoppingTimes,
  { readiness, guard, serving, listener, vitals, beside }: Running,
): Stopping {
  const { clock } = systemRuntime;
  return new Stopping({
    ...times,
    clock,
    announce: () => readiness.become({ kind: 'draining', since: clock.now() }),
    part: (withinMs) => {
      for (const each of beside) each.stop();
      listener.stopAccepting();
      return serving.part(withinMs);
    },
    flush: async () => {
      // The last head of the audit goes into the store.
      await guard.stopped();
      await serving.stop();
      await listener.close();
      vitals.stop();
      readiness.become({ kind: 'stopped' });
    },
  });
}

function placeOf(
  host: string,
  port: number,
  isTls: boolean,
): Pick<Server, 'url' | 'host' | 'port'> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { url: `${isTls ? 'https' : 'http'}://${authority}`, host, port };
}

interface CoreParts {
  readonly guard: Guard;
  readonly retention: RetentionLimits;
  readonly counters: Counters;
  readonly measures: Measures;
  readonly vitals: Vitals;
  readonly tracing: Tracing | undefined;
  readonly log: Log;
}

/** Opens the data, and what serves them. Rejects with a `StartError`, and lets go of them then. */
async function openCore(
  options: ServerOptions,
  { guard, retention, counters, measures, vitals, tracing, log }: CoreParts,
): Promise<Core> {
  const { heartbeatMs } = options;
  const engine = await openEngine(options, { retention, log, measures });
  try {
    await guard.begin();
  } catch (error) {
    await engine.close();
    throw error;
  }
  const beats = heartbeatMs === undefined ? {} : { heartbeatMs };
  const told = { vitals: () => vitals.read(), ...(tracing && { tracing }) };
  const parts = { engine, runtime: systemRuntime, log, counters, measures, ...told, ...beats };
  const core = new Core({ ...parts, ...guard.guarded });
  try {
    await guard.prepare(core);
  } catch (error) {
    await core.stop();
    throw error;
  }
  return core;
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
