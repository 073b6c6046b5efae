import { type Clock, type Operation, times } from '@confer/shared';
import { ConferError } from '../errors.ts';
import type { OpenSocket } from '../sockets/socket.ts';
import type { Refusal } from './api.ts';
import { Link } from './link.ts';
import { MemoryLeases } from './memory-leases.ts';
import { MemoryStore, type Outcome, type Write } from './memory-store.ts';
import { Session, type SessionHost } from './session.ts';

/** How long clients stay away at least from a server that said goodbye. */
const RETRY_MS = 1_000;

type State = 'running' | 'frozen' | 'stopped';

/** The process of a server in memory: what it keeps, who is connected, and what is done to it. */
export class MemoryHost implements SessionHost {
  readonly #clock: Clock;
  #state: State = 'running';
  #store: MemoryStore;
  #refusal: Refusal | undefined;
  #startedAt: number;
  readonly #links = new Set<Link>();
  readonly #sessions = new Set<Session>();
  readonly leases: MemoryLeases;
  /** Of all names that were given, so that each is new. */
  #names = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#store = this.#newStore();
    this.leases = new MemoryLeases({
      clock,
      store: () => this.#store,
      isRunning: () => this.#state === 'running',
      write: (write) => this.write(write),
      newName: (prefix) => this.newName(prefix),
    });
    this.#beat();
  }

  get store(): MemoryStore {
    return this.#store;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  get figures() {
    const watches = [...this.#sessions].reduce((sum, session) => sum + session.watches, 0);
    const uptimeMs = this.#clock.now() - this.#startedAt;
    return { connections: this.connections, watches, uptimeMs };
  }

  /** How clients get here. */
  readonly openSocket: OpenSocket = (_url, handlers) => {
    const link = new Link(handlers, () => this.#links.delete(link));
    this.#links.add(link);
    if (this.#state === 'frozen') link.hold();
    link.connect(() => (this.#state === 'stopped' ? undefined : this.#take(link)));
    return link.socket;
  };

  newName(prefix: string): string {
    return `${prefix}-${++this.#names}`;
  }

  /** Each connection is told of the commit before this returns (W12). */
  write(write: Write): Outcome {
    return this.#store.commit(write, this.#clock.now(), (commit) => {
      for (const session of this.#sessions) session.told(commit);
    });
  }

  /** Begins another history with a commit of these, which nobody is connected to. */
  beginAnew(operations: readonly Operation[]): void {
    this.cut();
    this.#store = this.#newStore();
    if (operations.length > 0)
      this.write({
        ...{ operations, conditions: [], note: undefined, actor: 'test' },
        requestId: this.newName('test'),
      });
    this.leases.renewAll();
  }

  cut(): void {
    for (const link of this.#links) link.cut();
  }

  stop(): void {
    if (this.#state === 'stopped') throw misused('stop', 'stopped already');
    // One that stands still says no goodbye.
    if (this.#state === 'frozen') this.cut();
    else for (const session of this.#sessions) session.leave(RETRY_MS);
    this.#state = 'stopped';
  }

  start(): void {
    if (this.#state !== 'stopped') throw misused('start', `${this.#state}, and not stopped`);
    this.#state = 'running';
    this.#startedAt = this.#clock.now();
    this.#store.beginTimeline();
    this.leases.renewAll();
  }

  freeze(): void {
    if (this.#state !== 'running') throw misused('freeze', `${this.#state} already`);
    this.#state = 'frozen';
    for (const link of this.#links) link.hold();
  }

  thaw(): void {
    if (this.#state !== 'frozen') throw misused('thaw', `${this.#state}, and not frozen`);
    this.#state = 'running';
    // Its timers have their turn before what came meanwhile is read.
    this.leases.look();
    for (const link of this.#links) link.release();
  }

  refuse(refusal: Refusal): void {
    this.#refusal = refusal;
    if (refusal === 'forbidden') {
      const revision = this.#store.commitUnseen(this.#clock.now());
      for (const session of this.#sessions) session.revoke(revision);
    } else
      for (const session of this.#sessions)
        session.end(refusal, 'the server does not know who you are');
  }

  accept(): void {
    this.#refusal = undefined;
  }

  #take(link: Link): Session {
    const session = new Session(this.newName('s'), link, this, () => {
      this.#sessions.delete(session);
    });
    this.#sessions.add(session);
    return session;
  }

  #newStore(): MemoryStore {
    return new MemoryStore(this.newName('epoch'));
  }

  #beat(): void {
    if (this.#state === 'running') for (const session of this.#sessions) session.beat();
    this.#clock.setTimer(times.heartbeatMs, () => this.#beat());
  }
}

function misused(method: string, state: string): ConferError {
  return new ConferError('invalid_argument', `${method}: the test server is ${state}`);
}
