import {
  type Clock,
  type DownMessage,
  encode,
  type WatchMessage,
  type Welcome,
} from '@confer/shared';
import type { Backoff } from '../connection/backoff.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConferError } from '../errors.ts';
import type { Requests } from '../requests/requests.ts';
import { ServerWatch, type WatchUpstream } from './server-watch.ts';
import type { WatchConsumer, WatchSpec } from './watch-state.ts';

const REVISIONS_AHEAD_MAX = 2 ** 32;

/** Within one period of them: some come at once where a link stood still. */
const BEATS_MAX = 100;

/**
 * The registry of all watches that must exist at the server. Here: subscribing to all of them again on each
 * connection, their names there, and routing each message to its watch. Not here: what messages do.
 */
export class WatchRegistry implements WatchUpstream {
  readonly clock: Clock;
  readonly #connection: Connection;
  readonly requests: Requests;
  readonly #newBackoff: () => Backoff;
  readonly #wanted = new Set<ServerWatch>();
  /** By their names on this connection. */
  readonly #named = new Map<string, ServerWatch>();
  #epoch: string | undefined;
  #timeline: string | undefined;
  /** The highest that the server has named on this connection. */
  #revision = 0;
  #heartbeatMs = 0;
  #behindSince: number | undefined;
  /** Since a time within the last heartbeat. */
  #beats = 0;
  #beatsSince = 0;

  constructor(clock: Clock, connection: Connection, requests: Requests, newBackoff: () => Backoff) {
    this.clock = clock;
    this.#connection = connection;
    this.requests = requests;
    this.#newBackoff = newBackoff;
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  get timeline(): string | undefined {
    return this.#timeline;
  }

  get behindSince(): number | undefined {
    return this.#behindSince;
  }

  add(spec: WatchSpec, consumer: WatchConsumer): ServerWatch {
    const watch = new ServerWatch(spec, consumer, this, this.#newBackoff());
    this.#wanted.add(watch);
    watch.open();
    return watch;
  }

  remove(watch: ServerWatch): void {
    if (this.#wanted.delete(watch)) watch.leave();
  }

  /** Asks for everything again; to be called before the requests go out. */
  opened({ epoch, timeline, revision, heartbeatMs }: Welcome): void {
    this.#epoch = epoch;
    this.#timeline = timeline;
    this.#revision = revision;
    this.#heartbeatMs = heartbeatMs;
    this.#beats = 0;
    this.#behindSince = undefined;
    for (const watch of this.#wanted) watch.open();
  }

  lost(reason: string): void {
    this.#epoch = undefined;
    this.#named.clear();
    for (const watch of this.#wanted) watch.lost(reason);
  }

  /** Ends them all. */
  end(error: ConferError): void {
    this.#epoch = undefined;
    this.#named.clear();
    const watches = [...this.#wanted];
    this.#wanted.clear();
    for (const watch of watches) watch.fail(error);
  }

  /** A message of a name that nobody has was under way when its watch was left. */
  received(message: WatchMessage): void {
    const watch = this.#named.get(message.watch);
    if (watch === undefined) return;
    const revision = 'to' in message ? message.to : 'revision' in message ? message.revision : 0;
    if (this.#isFarAhead(revision)) return;
    watch.received(message, reasonOf(message));
    // A watch has all that there is: the connection was of use.
    if (message.type === 'synced') this.#connection.progress();
  }

  heartbeat({ revision, behindMs }: Extract<DownMessage, { type: 'heartbeat' }>): void {
    if (this.#isFlood()) return;
    const wasBehind = this.#behindSince !== undefined;
    this.#behindSince = behindMs === undefined ? undefined : this.clock.now() - behindMs;
    if (wasBehind !== (behindMs !== undefined))
      for (const watch of [...this.#wanted]) watch.behindChanged();
    if (!this.complete(revision)) return;
    this.#connection.send(encode({ type: 'heartbeat', applied: this.#applied(revision) }));
  }

  /** The server says that all watches have everything up to a revision. Returns whether that can be. */
  complete(revision: number): boolean {
    if (this.#isFarAhead(revision)) return false;
    for (const watch of [...this.#named.values()])
      watch.dispatch({ type: 'heartbeat', revision }, 'heartbeat');
    return true;
  }

  leave(name: string): void {
    this.#named.delete(name);
    if (this.#epoch !== undefined)
      this.requests.tell((id) => ({ type: 'unwatch', id, watch: name }));
  }

  isTaken(name: string): boolean {
    return this.#named.has(name);
  }

  refuse(problem: string): void {
    this.#connection.refuse(problem);
  }

  register(name: string, watch: ServerWatch): void {
    this.#named.set(name, watch);
  }

  forget(watch: ServerWatch, name: string | undefined): void {
    this.#wanted.delete(watch);
    if (name !== undefined) this.#named.delete(name);
  }

  /** No store makes so many commits between two words of its server. Believed, it would freeze all. */
  #isFarAhead(revision: number): boolean {
    const isFar = revision - this.#revision > REVISIONS_AHEAD_MAX;
    if (isFar) this.refuse(`revision ${revision}, far ahead of ${this.#revision}`);
    else this.#revision = Math.max(this.#revision, revision);
    return isFar;
  }

  /** Each beat is answered, whether the server reads the answers or not. */
  #isFlood(): boolean {
    const now = this.clock.now();
    // A clock that was set back would make that time as long as it was set back by.
    if (Math.abs(now - this.#beatsSince) > this.#heartbeatMs) {
      this.#beatsSince = now;
      this.#beats = 0;
    }
    const isFlood = ++this.#beats > BEATS_MAX;
    if (isFlood) this.refuse(`more than ${BEATS_MAX} heartbeats within ${this.#heartbeatMs} ms`);
    return isFlood;
  }

  #applied(revision: number): number {
    let applied: number | undefined;
    for (const { state } of this.#named.values())
      if (state.position !== undefined && state.position.epoch === this.#epoch)
        applied = Math.min(applied ?? state.position.revision, state.position.revision);
    return applied ?? revision;
  }
}

/** Why a watch is now as it is, for the listeners of a status. */
function reasonOf(message: WatchMessage): string {
  if (message.type === 'resync') return `resync: ${message.reason}`;
  return message.type === 'difference' ? 'the server brings it up to date' : message.type;
}
