// Projects need not know `Symbol.asyncDispose` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import type {
  Change,
  Commit,
  Condition,
  Entry,
  EntryMeta,
  Operation,
  Position,
  Status,
} from '@confer/shared';
import type { Diagnostics } from './diagnostics.ts';
import type { SnapshotStore } from './local-api.ts';
import type { OpenSocket } from './sockets/socket.ts';
import type { ClientStatus, LostEvent, MirrorStatus, MirrorStatusChange } from './status.ts';
import type { TxnOperations, TxnOutcome } from './txn-api.ts';

export interface ClientOptions {
  /**
   * Asked before every attempt to connect, also after a refusal, and again before the one in use expires: then the
   * connection goes on with the new one. A rejection is a failed attempt.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** How this process shows in the server's log and in `updatedBy` until there is authentication. */
  readonly client?: {
    readonly name?: string;
    readonly version?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly timeouts?: {
    /** From opening a socket to `welcome`; before that, as long again for the token. Default 5,000. */
    readonly connectMs?: number;
    /** Of each request, with all its tries; also of `ready` and `waitFor`. Default 10,000. */
    readonly requestMs?: number;
    /** How long an outage lasts before `lost` tells of it. Default 10,000. */
    readonly graceMs?: number;
  };
  /** Full jitter between 0 and a ceiling that doubles from `initialMs` (250) to `maxMs` (30,000). */
  readonly retry?: { readonly initialMs?: number; readonly maxMs?: number };
  /**
   * Keeps what mirrors show beyond this process, and begins with it: `fileSnapshot`, or in pages
   * `browserSnapshot` of `@confer/client/snapshot`. Nothing is kept without it.
   */
  readonly snapshot?: SnapshotStore;
  /**
   * Told of what went wrong without anyone asking: a listener that threw or rejected, a digest that
   * differed. Default: `console.error`.
   */
  readonly onError?: (error: unknown) => void;
  /**
   * How a connection is opened. Default: a WebSocket of its own. `sharedTabs` of `@confer/client/tabs` gives one that
   * the tabs of a browser share.
   */
  readonly openSocket?: OpenSocket;
  /** In a page: what `@confer/client/extras` has, for `watch`, `txn`, `changes` and commits of several MiB. */
  readonly extras?: Extras;
}

/** Parts of a client that a page loads only where it needs them. */
export interface Extras {
  readonly newReader: unknown;
}

/** A wait can be bounded by time or ended by a signal. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends WaitOptions {
  /**
   * What the server has, without asking whether it is the newest: faster, and served also by a gateway that is
   * out of touch with its cluster. Never older than what the requests of this client were told before (W9).
   */
  readonly stale?: boolean;
}

export interface GetOptions extends ReadOptions {
  /** The revision to read at, as long as that is in history. Default: now. */
  readonly at?: number;
}

export interface WriteOptions extends WaitOptions {
  /** Write only if the path's modRevision is this; 0: only if the path holds nothing. */
  readonly ifRevision?: number;
  /** Why, for those who read the history. */
  readonly note?: string;
}

export interface SetOptions extends WriteOptions {
  /** The id of the lease that the entry goes with. Without it, the entry stays, also where it had one. */
  readonly lease?: string;
}

export interface RemoveOptions extends WriteOptions {
  /** Also everything below the path. */
  readonly recursive?: boolean;
}

export interface CommitOptions extends WaitOptions {
  readonly operations: readonly Operation[];
  readonly conditions?: readonly Condition[];
  readonly note?: string;
}

export interface CommitResult {
  readonly revision: number;
  readonly puts: number;
  readonly deletes: number;
}

export interface TxnOptions<Then extends TxnOperations, Else extends TxnOperations>
  extends WaitOptions {
  /** What must be so for `then` to be done; nothing: it is done. */
  readonly if?: readonly Condition[];
  /** Done as one commit where all conditions hold. */
  readonly then?: Then;
  /** Done as one commit where one does not. */
  readonly else?: Else;
  /** Why, for those who read the history. */
  readonly note?: string;
}

export interface ListOptions extends GetOptions {
  /** Levels below the path; what lies deeper is named in `folders`. Default: all. */
  readonly depth?: number;
  /** Default `true`. */
  readonly values?: boolean;
}

/** A subtree at one revision, in the order of the tree. */
export interface Listing<Item extends EntryMeta = Entry> {
  readonly revision: number;
  readonly entries: readonly Item[];
  /** Paths at `depth` below which there is more. */
  readonly folders: readonly string[];
}

export interface MirrorChange {
  /** The mirror's revision after the change. */
  readonly revision: number;
  /** `live`: exactly one commit. `resync`: the difference after a time away, whatever its commits. */
  readonly origin: 'live' | 'resync';
  /** Only real changes, each with `prev` where there was an entry. In the order of the tree. */
  readonly changes: readonly Change[];
  /** The commit, where `origin` is `live`. */
  readonly commit?: Omit<Commit, 'changes'>;
}

export interface MirrorReadyOptions extends WaitOptions {
  /**
   * What will do. With `snapshot`, what was kept is taken once every server was tried in vain, or the time is over;
   * who is refused is told so all the same. Default: `server` alone.
   */
  readonly accept?: readonly ('server' | 'snapshot')[];
}

export interface MirrorReady {
  readonly revision: number;
  readonly source: 'server' | 'snapshot';
}

export interface MirrorEvents {
  change: MirrorChange;
  status: MirrorStatusChange;
  /** Not live for that long: what it shows may be old, or it never was complete. */
  lost: LostEvent;
}

/** The live copy of a subtree. Reads are synchronous, from memory, and show whole commits only. */
export interface Mirror {
  readonly path: string;
  readonly status: MirrorStatus;
  /**
   * Since when it is not live, in ms since the Unix epoch; `undefined` while live. Of a link that died in
   * silence, which shows within three heartbeats, since the last word that came over it (W8).
   */
  readonly staleSince: number | undefined;
  /** The revision that it shows; `undefined` before the first sync. */
  readonly revision: number | undefined;
  /** Where that comes from: `snapshot` until the server has brought it up to date for the first time. */
  readonly source: 'server' | 'snapshot' | undefined;
  /** `revision` with the history that it belongs to. */
  readonly position: Position | undefined;
  readonly size: number;
  /** Resolves once the whole subtree is here; immediately if it is. Never un-ready again. */
  ready(options?: MirrorReadyOptions): Promise<MirrorReady>;
  /** Resolves once the mirror shows `revision` or a later one. */
  waitFor(revision: number, options?: WaitOptions): Promise<void>;
  /**
   * Whether it holds exactly what the server has, by the digests of both (W7). `false` means a bug:
   * it is reported to `onError`, and everything is asked for again.
   */
  verify(options?: WaitOptions): Promise<boolean>;
  get(path: string): Entry | undefined;
  /** The value at a path. */
  value(path: string): string | undefined;
  /** The entries at and below `path` (default: all), in the order of the tree. */
  list(path?: string): readonly Entry[];
  /** `change`: once a commit or a resync; not for the initial state. Returns the unsubscriber. */
  on<Name extends keyof MirrorEvents>(
    event: Name,
    listener: (event: MirrorEvents[Name]) => void,
  ): () => void;
  /**
   * The changes from now on. A slow reader loses no state: once more than `bufferMax` (1,000) wait, or
   * more than 16 Mi characters of them, they are merged into one `resync` change with the net difference.
   */
  changes(options?: {
    signal?: AbortSignal;
    bufferMax?: number;
  }): AsyncIterableIterator<MirrorChange>;
  /** For UI frameworks: calls back after each change or status; see `getSnapshot`. */
  subscribe(callback: () => void): () => void;
  /**
   * The same frozen object until an entry or the status changes; its `revision` is that of the last
   * such change. Its map is made on the first call, and refuses to be written to.
   */
  getSnapshot(): MirrorSnapshot;
  close(): void;
}

export interface MirrorSnapshot {
  readonly status: MirrorStatus;
  readonly revision: number | undefined;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface WatchOptions {
  /** Every change after this position; without it, from now on. */
  readonly after?: Position;
  /** Changes carry the entry before them. */
  readonly prev?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Every commit that touches a subtree, as the changes that lie in it. Resumes by itself. Ends by
 * `close`, its signal or `return`; throws `CompactedError` when history no longer reaches back.
 */
export interface Watch extends AsyncIterableIterator<Commit> {
  readonly path: string;
  /** Everything up to here was handed out or does not concern the watch. */
  readonly position: Position | undefined;
  /** Resolves once the server has taken the watch: what is written from then on will be seen. */
  started(options?: WaitOptions): Promise<Position>;
  close(): void;
}

export interface ClientEvents {
  status: ClientStatus;
  /** No server was reached for that long. */
  lost: LostEvent;
}

export interface Client {
  readonly status: ClientStatus;
  get(path: string, options?: GetOptions): Promise<Entry | undefined>;
  /** When it returns, the mirrors of this client show it (W12). */
  set(path: string, value: string, options?: SetOptions): Promise<{ readonly revision: number }>;
  remove(
    path: string,
    options?: RemoveOptions,
  ): Promise<{ readonly revision: number; readonly removed: number }>;
  list(path: string, options: ListOptions & { values: false }): Promise<Listing<EntryMeta>>;
  list(path: string, options?: ListOptions): Promise<Listing>;
  /** Several writes as one commit, applied as a whole or not at all (S3). */
  commit(request: CommitOptions): Promise<CommitResult>;
  /**
   * Does one of two branches as one commit, applied as a whole or not at all (S3): `then` where all of `if` holds,
   * and `else` where not. `get` and `list` of it read what was there just before, so that what is replaced can be had
   * with what replaces it. No two writes of a branch may touch the same path.
   */
  txn<const Then extends TxnOperations = [], const Else extends TxnOperations = []>(
    request: TxnOptions<Then, Else>,
  ): Promise<TxnOutcome<Then, Else>>;
  serverStatus(options?: WaitOptions): Promise<Omit<Status, 'type' | 'id'>>;
  /**
   * Drops history up to a revision, or all of it; returns where it begins then. Entries stay. Watches
   * that were away for longer skip what happened in between, or are told that they missed it.
   */
  compact(
    revision?: number,
    options?: WaitOptions,
  ): Promise<{ readonly compactedRevision: number }>;
  watch(path: string, options?: WatchOptions): Watch;
  mirror(path: string, options?: { readonly signal?: AbortSignal }): Mirror;
  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): () => void;
  /**
   * Looks at once whether the server is there: for who knows that the machine has slept or changed
   * its network. Does not wait for the next try; an open connection has to answer within
   * `timeouts.connectMs`. Pages do this by themselves.
   */
  checkNow(): void;
  /**
   * What this client is doing and what happened to it, as JSON for a support ticket: the connection,
   * what is unanswered, each watch with its position, digest and resyncs. Holds neither values nor
   * the token. Of bounded size: it lists 100 watches at most.
   */
  diagnostics(): Diagnostics;
  /** Ends all watches and mirrors, rejects what still waits, closes the connection. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
