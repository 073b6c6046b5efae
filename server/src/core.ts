import { type ServerFigures, type Status, times } from '@confer/shared';
import type { Auditing } from './api/context.ts';
import { Peers } from './api/peers.ts';
import { type Administration, type Auth, OPEN, openAuth } from './auth/auth.ts';
import type { JwtVerifier } from './auth/jwt/jwt.ts';
import { PolicyGate } from './auth/policy-gate.ts';
import type { BootstrapSecret } from './auth/token-authority.ts';
import { coreCondition, coreFigures, gaugesOf } from './core-figures.ts';
import { Counters } from './counters.ts';
import type { DiskFigures, Engine, Health } from './engine/engine.ts';
import type { HttpService } from './http/http-service.ts';
import { Readers } from './http/readers.ts';
import { Underway } from './http/underway.ts';
import { Leases } from './lease/leases.ts';
import type { Log } from './log.ts';
import { Measures } from './measures.ts';
import type { CoreFigures } from './metrics/figures.ts';
import type { Runtime } from './runtime.ts';
import { Heartbeats } from './session/heartbeats.ts';
import { RequestTurns } from './session/request-turns.ts';
import { Session } from './session/session.ts';
import { farewellOf, sayFarewell } from './stopping/farewell.ts';
import { Store } from './store/store.ts';
import type { Tracing } from './tracing.ts';
import type { Socket } from './transport/socket.ts';
import { VERSION } from './version.ts';
import { Hub } from './watch/hub.ts';

/** What a core that nobody gave a time to stop in takes at most until everybody was sent away. */
const PART_MS = 14_000;
/** How long the last goodbyes take to arrive. */
const ARRIVAL_MS = 300;
/**
 * A watch of its own subtree takes 0.8 to 1.6 kB, so all together about as much memory as a small
 * server has. A connection may have 10,000.
 */
const WATCHES_MAX = 1_000_000;

export interface CoreOptions {
  readonly engine: Engine;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly counters?: Counters;
  readonly measures?: Measures;
  readonly heartbeatMs?: number;
  readonly watchesMax?: number;
  /** Ask everybody who they are. Without it, everybody may do everything. */
  readonly auth?: AuthOptions;
  /** Writes down who did what. */
  readonly auditing?: Auditing;
  /** How the process does that it runs in. */
  readonly vitals?: () => Readonly<Record<string, number>>;
  /** Shows what its time goes into. */
  readonly tracing?: Tracing;
}

export interface AuthOptions {
  /** Knows the tokens that others have signed. */
  readonly signatures?: JwtVerifier;
  /** The token that makes the first admin, as long as there is none. */
  readonly bootstrap: () => BootstrapSecret | undefined;
}

/** A whole server but for its storage and its sockets: a simulation runs it on fakes of both. */
export class Core {
  readonly #engine: Engine;
  readonly #runtime: Runtime;
  readonly #service: HttpService;
  readonly #heartbeats: Heartbeats;
  readonly #sessions = new Set<Session>();
  /** By how long the process had run: a clock may be set. */
  readonly #startedAt: number;
  readonly #vitals: () => Readonly<Record<string, number>>;
  /** The name of this run of it, once somebody asked. */
  #instance: string | undefined;
  /** Why the storage can do nothing any more, once it cannot. */
  readonly failed: Promise<string>;
  /** Why the history that it serves is over, once it is: another core is to go on, on an engine opened anew. */
  readonly ended: Promise<string>;

  constructor(options: CoreOptions) {
    const { engine, runtime, log, heartbeatMs = times.heartbeatMs } = options;
    const { counters = new Counters(), watchesMax = WATCHES_MAX } = options;
    const { measures = new Measures(runtime.uptimeMs) } = options;
    this.#engine = engine;
    this.#runtime = runtime;
    this.#vitals = options.vitals ?? (() => ({}));
    this.#startedAt = runtime.uptimeMs();
    this.failed = new Promise((resolve) => {
      engine.health.onChange((health) => {
        tellHealth(health, log);
        if (health.kind === 'failed') resolve(health.reason);
      });
    });
    let end = (_reason: string) => {};
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    const store = new Store(engine, (event) => {
      leases.take(event);
      if (event.kind === 'end') end(event.reason);
      else if (gate === undefined) hub.take(event);
      else gate.take(event);
      if (event.kind === 'commits') measures.batch(event.commits);
    });
    const leases = new Leases({ store, runtime, log });
    const hub = new Hub(store, runtime, counters, measures, options.tracing);
    const auth = authOf(store, counters, options);
    const gate = this.#gateOf(auth, hub);
    const status = () => this.status();
    const figures = () => this.figures();
    const behindMs = () => behindMsOf(engine.health.current, runtime.clock.now());
    const turns = new RequestTurns(runtime.clock, runtime.defer);
    this.#service = {
      store,
      hub,
      leases,
      runtime,
      log,
      counters,
      measures,
      clock: runtime.clock,
      uptimeMs: runtime.uptimeMs,
      defer: runtime.defer,
      auth,
      ...(options.auditing === undefined ? {} : { auditing: options.auditing }),
      ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
      turns,
      heartbeatMs,
      watchesMax,
      peers: new Peers(),
      status,
      figures,
      behindMs,
      underway: new Underway(runtime.defer),
      readers: new Readers(runtime.defer),
      accept: (socket) => this.accept(socket),
    };
    this.#heartbeats = new Heartbeats(runtime.clock, heartbeatMs);
  }

  /** Who says who may do what; missing where nobody is asked who they are. */
  get administration(): Administration | undefined {
    return this.#service.auth.administration;
  }

  /** Writes an entry of the server's own; that it cannot be is no harm. */
  keepOwn(path: string, value: string): void {
    const requestId = this.#runtime.newId();
    const operations = [{ type: 'put', path, value } as const];
    this.#service.store
      .commitOwn({ operations, conditions: [], actor: 'confer', requestId })
      .catch(() => {});
  }

  /** What the requests of HTTP are done with. */
  get http(): HttpService {
    return this.#service;
  }

  /** Takes a new connection. */
  accept(socket: Socket): Session {
    const session = new Session(socket, this.#service, () => {
      this.#sessions.delete(session);
      this.#heartbeats.remove(session);
    });
    this.#sessions.add(session);
    this.#heartbeats.add(session);
    return session;
  }

  status(): Omit<Status, 'type' | 'id'> {
    const { store, hub } = this.#service;
    return {
      epoch: store.epoch,
      revision: store.revision,
      compactedRevision: store.compactedRevision,
      entries: store.entryCount,
      engine: store.engineName,
      version: VERSION,
      connections: this.#sessions.size,
      watches: hub.watchers,
      uptimeMs: Math.floor(this.#runtime.uptimeMs() - this.#startedAt),
      ...healthOf(this.#engine.health.current),
    };
  }

  /** What happened since the start, by name. */
  counters(): Readonly<Record<string, number>> {
    return this.#service.counters.read();
  }

  /** All that is counted and measured, with what the process says of itself. */
  figures(): ServerFigures {
    const { runtime } = this.#service;
    // A simulation must not be told another one's names for it.
    this.#instance ??= runtime.newId();
    return {
      instance: this.#instance,
      uptimeMs: Math.floor(runtime.uptimeMs() - this.#startedAt),
      counts: this.counters(),
      gauges: { ...gaugesOf(this.scrape()), ...this.#vitals() },
    };
  }

  /** How it is now, for a page of metrics. */
  scrape(): CoreFigures {
    return coreFigures(this.#service, this.#engine, this.#sessions);
  }

  /** How it is now, for whoever asks whether clients belong here. */
  condition(): ReturnType<typeof coreCondition> {
    return coreCondition(this.#service, this.#engine);
  }

  /** What it keeps on a disk of this machine; `undefined` where it keeps nothing there. */
  async disk(): Promise<DiskFigures | undefined> {
    return this.#engine.maintenance.disk?.();
  }

  /**
   * Sends everybody away within a time: each is told, finishes what he asked for, and is gone. The caller lets nobody in.
   * `hasOthers`: other servers take them at once.
   */
  async part(withinMs: number, { hasOthers = this.#engine.supports.shared } = {}): Promise<void> {
    const guests = this.#sessions.size;
    const { underway } = this.#service;
    const answered = underway.close();
    if (guests === 0 && underway.count === 0) return;
    const untilMs = Math.max(0, withinMs - ARRIVAL_MS);
    const plan = farewellOf(guests, { hasOthers, withinMs: untilMs });
    const farewell = sayFarewell(this.#sessions, plan, this.#runtime);
    await Promise.all([farewell, this.#within(untilMs, answered)]);
    // A socket says that it is closed before its last bytes are with the peer.
    await new Promise<void>((resume) => this.#runtime.clock.setTimer(ARRIVAL_MS, resume));
  }

  /** Drops whoever is left, finishes what was accepted, and lets go of the storage. */
  async close(): Promise<void> {
    for (const session of [...this.#sessions]) session.dismiss();
    this.#heartbeats.stop();
    this.#service.hub.stop();
    this.#service.leases.stop();
    await this.#engine.close();
  }

  /** Both, where everybody is to go at once. */
  async stop(): Promise<void> {
    await this.part(PART_MS, { hasOthers: false });
    await this.close();
  }

  /** Resolves when something is done, or its time is over; no timer is left then that would keep the process. */
  #within(limitMs: number, done: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#runtime.clock.setTimer(limitMs, resolve);
      void done.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Between the feed and the watches, where rights can end. */
  #gateOf({ administration }: Auth, hub: Hub): PolicyGate | undefined {
    if (administration === undefined) return undefined;
    return new PolicyGate({
      policy: administration.policy,
      onChanged: (revision) => {
        for (const session of [...this.#sessions]) session.reauthorise(revision);
      },
      pass: (event) => hub.take(event),
    });
  }
}

function authOf(store: Store, counters: Counters, { auth, runtime }: CoreOptions): Auth {
  if (auth === undefined) return OPEN;
  const { clock, newId, newSecret } = runtime;
  return openAuth({ store, clock, counters, newId, newSecret, ...auth });
}

/** Once for each change: it would be said with every write otherwise. */
function tellHealth(health: Health, log: Log): void {
  if (health.kind === 'well') log('info', 'the storage is well again');
  else if (health.kind === 'behind') log('warn', `what is shown may be old: ${health.reason}`);
  else if (health.kind === 'degraded') log('error', `the storage is degraded: ${health.reason}`);
  else log('error', `the storage has failed, and the server ends: ${health.reason}`);
}

/** How long a server has been out of touch with what decides. */
function behindMsOf(health: Health, now: number): number | undefined {
  return health.kind === 'behind' ? Math.max(0, now - health.since) : undefined;
}

function healthOf(health: Health): Pick<Status, 'storage' | 'storageProblem'> {
  if (health.kind === 'well') return { storage: 'well' };
  return { storage: health.kind, storageProblem: health.reason };
}
