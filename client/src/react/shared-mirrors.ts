import type { Clock, Timer } from '@confer/shared';
import type { Client, Mirror } from '../api.ts';
import type { ClientStatus, MirrorStatus } from '../status.ts';

/** How what components show stands, all together. The same object until something of it changes. */
export interface ConferStatus {
  readonly connection: ClientStatus;
  /** The worst of the mirrors that components use; `undefined` where none is open. */
  readonly mirrors: MirrorStatus | undefined;
  /** Since when some of what is shown may be old, in ms since the Unix epoch; `undefined` while all are live. */
  readonly staleSince: number | undefined;
}

/** One use of a mirror: an object of its own, because the same function may be given twice. */
interface User {
  readonly callback: () => void;
}

interface Shared {
  readonly mirror: Mirror;
  readonly users: Set<User>;
  /** Runs while nobody uses the mirror. */
  closing: Timer | undefined;
}

/**
 * How long a mirror stays open without users. Strict mode unmounts and mounts again at once; a route that is
 * left and come back to takes some seconds.
 */
const LINGER_MS = 5_000;

const WORST_FIRST: readonly MirrorStatus[] = ['failed', 'closed', 'syncing', 'stale', 'live'];

/** The mirrors that the components of a page have open over one client: one for each subtree, counted by its users. */
export class SharedMirrors {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #open = new Map<string, Shared>();
  readonly #observers = new Set<User>();
  #status: ConferStatus;

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#status = { connection: client.status, mirrors: undefined, staleSince: undefined };
  }

  /** The mirror of a subtree, where it is open and complete. Reading opens none: what renders has no effects. */
  complete(subtree: string): Mirror | undefined {
    const mirror = this.#open.get(subtree)?.mirror;
    return mirror?.revision === undefined ? undefined : mirror;
  }

  /** Opens the mirror of a subtree where it is not open yet; calls back when what it shows has changed. */
  use(subtree: string, callback: () => void): () => void {
    this.#retire(subtree);
    const shared = this.#open.get(subtree) ?? this.#openAt(subtree);
    const user = { callback };
    shared?.closing?.cancel();
    shared?.users.add(user);
    return () => {
      if (!shared?.users.delete(user) || shared.users.size > 0) return;
      shared.closing = this.#clock.setTimer(LINGER_MS, () => this.#close(subtree, shared));
    };
  }

  get status(): ConferStatus {
    const { status: connection } = this.#client;
    const open = [...this.#open.values()].map(({ mirror }) => mirror);
    const known = new Set(open.map(({ status }) => status));
    const mirrors = WORST_FIRST.find((status) => known.has(status));
    const since = open.flatMap(({ staleSince }) => staleSince ?? []);
    const staleSince = since.length === 0 ? undefined : Math.min(...since);
    const last = this.#status;
    const isSame =
      last.connection === connection && last.mirrors === mirrors && last.staleSince === staleSince;
    if (!isSame) this.#status = Object.freeze({ connection, mirrors, staleSince });
    return this.#status;
  }

  observeStatus(callback: () => void): () => void {
    const observer = { callback };
    this.#observers.add(observer);
    const off = this.#client.on('status', callback);
    return () => {
      off();
      this.#observers.delete(observer);
    };
  }

  /** A client that was closed shows no more; that is its status, and no reason to break a page. */
  #openAt(subtree: string): Shared | undefined {
    if (this.#client.status.kind === 'closed') return undefined;
    const shared: Shared = {
      mirror: this.#client.mirror(subtree),
      users: new Set(),
      closing: undefined,
    };
    this.#open.set(subtree, shared);
    shared.mirror.subscribe(() => callAll(shared.users));
    shared.mirror.on('status', () => callAll(this.#observers));
    callAll(this.#observers);
    return shared;
  }

  /** Who comes after a refusal tries again: the right to read may have been given meanwhile. */
  #retire(subtree: string): void {
    const shared = this.#open.get(subtree);
    if (shared?.users.size !== 0 || shared.mirror.status !== 'failed') return;
    shared.closing?.cancel();
    this.#close(subtree, shared);
  }

  #close(subtree: string, { mirror }: Shared): void {
    this.#open.delete(subtree);
    mirror.close();
    callAll(this.#observers);
  }
}

function callAll(users: ReadonlySet<User>): void {
  for (const { callback } of [...users]) callback();
}
