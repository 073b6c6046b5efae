import type {
  Commit,
  Condition,
  DeleteCause,
  DeleteChange,
  Entry,
  Operation,
  PutChange,
} from '@confer/shared';
import type { RowBudget } from '../row-budget.ts';
import type { PastReads } from './past.ts';

/** What a write puts at a path. With a `lease`, only where that one is there (`leasePath`): else `lease_not_found`. */
export type EnginePut = Extract<Operation, { type: 'put' }>;

export type EngineDelete = Extract<Operation, { type: 'delete' }> & {
  /**
   * Only where the path goes with that lease when it is judged. It is no part of what a retry is known by: what a
   * lease has when it ends is found out by each try.
   */
  readonly ofLease?: string;
};

export type EngineOperation = EnginePut | EngineDelete;

/** One write, as an engine judges it. */
export interface WriteRequest {
  /** Applied in order, each on what those before it left; the commit holds the net changes. */
  readonly operations: readonly EngineOperation[];
  /** All must hold against the state before the commit. */
  readonly conditions: readonly Condition[];
  /**
   * What is done in place of `operations` where a condition does not hold; without it, that is a `conflict`. In each
   * of the two no two writes may touch the same path (`overlapping_writes`).
   */
  readonly otherwise?: readonly EngineOperation[];
  readonly actor: string;
  readonly note?: string;
  /** Why what it deletes goes; `removed`, where it says nothing. */
  readonly cause?: DeleteCause;
  /** The same for every try of one write: a second try is answered with the first one's outcome. */
  readonly requestId: string;
}

export interface CommitOutcome {
  /** The commit's revision; the current one where there was nothing to change (no commit is made). */
  readonly revision: number;
  readonly puts: number;
  readonly deletes: number;
  /** A condition did not hold, and `otherwise` of the request was done. */
  readonly otherwise?: true;
}

export interface ScanQuery {
  readonly subtree: string;
  /** The revision to read at: from `compactedRevision` to `revision`. */
  readonly at: number;
  /** Where to start, exclusive: after a path, or after a path with everything below it. */
  readonly start?: { readonly after: string } | { readonly afterSubtree: string };
  /** How many paths may be looked at, given or not. The scan ends when they are spent, and says where. */
  readonly budget?: RowBudget;
}

/** An entry as the JSON text of it, without being read first. */
export interface EntryText {
  readonly path: string;
  readonly modRevision: number;
  readonly text: string;
}

/** The delete that ended the last life of a path. */
export interface Tombstone {
  readonly path: string;
  readonly revision: number;
  readonly cause: DeleteCause;
}

/** What a path was at a revision: what it held, or how it went. */
export type PathState =
  | { readonly path: string; readonly entry: EntryText }
  | { readonly path: string; readonly tombstone: Tombstone };

/** What a change replaced. Few ever ask for it, so that it is read only then. */
export interface Before {
  /** Of its value, in UTF-16 code units. */
  readonly valueLength: number;
  /** About how many code units are held in memory for it. */
  readonly heldLength: number;
  /**
   * The whole entry. It is there in the turn in which the feed or the history told of the change, and
   * later as long as history has that. Throws `compacted` where history begins after the change and has
   * let it go.
   */
  entry(): Entry;
}

/** A change as an engine makes it. */
export type EngineChange = (Omit<PutChange, 'prev'> | Omit<DeleteChange, 'prev'>) & {
  /** The revision that it replaced; 0 where there was nothing. */
  readonly replaced: number;
  /** Absent where there was nothing, and in a commit `withoutPrev`. */
  readonly before?: Before;
};

/** A commit as an engine makes it. */
export interface EngineCommit extends Commit {
  readonly changes: readonly EngineChange[];
  /** What it replaced is too long to be told with it, so that no change has a `before`. */
  readonly withoutPrev?: true;
  /**
   * The subtrees that the commit removed as a whole, none inside another: of the entries that were
   * there before it, each is put again or deleted among `changes`. So a reader who has the state
   * before needs no more than the path to know those deletes. Engines that do not know leave it out.
   */
  readonly cleared?: readonly string[];
}

/** What tells engines apart, as data: the contract suite asks each for what it says of itself. */
export interface EngineManifest {
  /** An acknowledged commit survives the end of the process (S1). */
  readonly durable: boolean;
  /** Tombstones outlive a restart, so that `tombstoneFloor` may lie below where a new start has its history from. */
  readonly remembersDeletes: boolean;
  /** Revisions follow each other without a gap. */
  readonly gapless: boolean;
  /** Writes of different paths become commits in the order of asking; those of one path always do. */
  readonly ordered: boolean;
  /** Other servers may have the same data, so that who leaves one can go on at another. */
  readonly shared: boolean;
  /** What a commit may take with all that belongs to it; absent where only the protocol says. */
  readonly commitBytesMax?: number;
}

/**
 * A stretch of a history: each opening of a store begins one. Two copies of a store that go on by
 * themselves name the same revisions in one epoch, but they do so on timelines of their own.
 */
export interface Timeline {
  readonly id: string;
  /** What it begins after: up to there the history is that of the timelines before it. */
  readonly from: number;
}

/** How the storage is. */
export type Health =
  | { readonly kind: 'well' }
  /** What is local may be old: it has had no touch with what decides since then (ms since the Unix epoch). */
  | { readonly kind: 'behind'; readonly since: number; readonly reason: string }
  /** It reads, and refuses writes, or some of them, since then. */
  | { readonly kind: 'degraded'; readonly since: number; readonly reason: string }
  /** It can do nothing any more before another start. */
  | { readonly kind: 'failed'; readonly since: number; readonly reason: string };

/** What comes out of the feed, in revision order. */
export type FeedEvent =
  /** Commits that became durable together. */
  | { readonly kind: 'commits'; readonly commits: readonly EngineCommit[] }
  /** Nothing happened up to this revision that was not told. */
  | { readonly kind: 'progress'; readonly revision: number }
  /**
   * What led to this revision is not known one by one, so that history begins here: whoever reads on gets
   * the difference, by the entries and the tombstones.
   */
  | { readonly kind: 'jump'; readonly revision: number }
  /**
   * This history is over: what decides has another one, with an epoch of its own. Nothing follows, and writes
   * are refused. Whoever runs the engine opens it anew.
   */
  | { readonly kind: 'end'; readonly reason: string };

export type FeedConsumer = (event: FeedEvent) => void;

/**
 * What is read. Synchronous, from what is local, and so for a replica of something remote as well: it
 * shows exactly `revision`, everything in it is durable and came out of the feed, and never a commit
 * that is still on its way to the disk.
 */
export interface EngineReads extends PastReads {
  /** The newest revision that came out of the feed; 0 for an empty history (S5). */
  readonly revision: number;
  /** History is whole after this revision; 0 when nothing was compacted. */
  readonly compactedRevision: number;
  /**
   * Every delete after this revision is known, also where history is compacted: with the entries that
   * are newer than a position, that is what a reader missed who was away for longer than history
   * reaches. The number of tombstones beyond history is bounded, and the oldest go first.
   */
  readonly tombstoneFloor: number;
  /** Entries at `revision`. */
  readonly entryCount: number;

  /**
   * Resolves when what is local is at least as new as now, so that a read after it is linearizable (S2).
   * `undefined`: it always is.
   */
  barrier(): Promise<void> | undefined;

  /**
   * Whether what is local has come to a revision that somebody saw elsewhere (W9); a replica that is behind
   * waits for so long.
   */
  reach(revision: number, withinMs: number): boolean | Promise<boolean>;

  get(path: string): Entry | undefined;

  /**
   * The entries of a subtree at a revision, lazily, in the order of the tree, without what is hidden in it
   * (`isHiddenIn`). The iteration must end within the turn of the event loop that began it. Throws
   * `compacted` or `future_revision`.
   */
  scan(query: ScanQuery): Iterable<Entry>;

  /** The same as texts, for those who pass them on. */
  scanTexts(query: ScanQuery): Iterable<EntryText>;

  /**
   * The same with the paths that are gone: for each the newest delete up to that revision, as far as it
   * is known. They are known whole for deletes after `tombstoneFloor`.
   */
  scanStates(query: ScanQuery): Iterable<PathState>;

  /**
   * The commits after `revision`, lazily, in order, as the feed told them. Must end within the turn
   * that began it. Throws `compacted` or `future_revision`.
   */
  history(revision: number): Iterable<EngineCommit>;

  /** How many changes the commits after a revision have, cheaply. Throws like `history`. */
  changesAfter(revision: number): number;
}

export interface EngineWrites {
  /**
   * Resolves once the commit is durable (S1) and the feed has taken it. Rejects with a
   * `ProtocolError`: `conflict` when a condition does not hold (with the path and what it holds
   * now), `too_large` over `limits.changesMax`, `storage_full`, `unavailable`, `damaged`: then nothing
   * was written. Or `outcome_unknown`: then it may have been.
   */
  commit(request: WriteRequest): Promise<CommitOutcome>;
}

/**
 * Of an engine that keeps leases itself: it ends them, with all that goes with each, when nobody has kept them alive,
 * whether this server runs or not. The end comes out of the feed with its cause.
 */
export interface EngineLeases {
  /** Before its entry is written. One that is there already is kept alive. Rejects with `unavailable`. */
  grant(id: string, ttlMs: number): Promise<void>;
  /** Those that have their whole TTL again; the others are over. Rejects with `unavailable`: nothing is known then. */
  keepAlive(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** What is left of one; `undefined`: it is over. */
  remainingMs(id: string): Promise<number | undefined>;
  /**
   * Ends one whose entry is there with all that goes with it, and resolves when the feed has told of it. Where it was
   * revoked before, `actor` is told what that came to, if it was the same.
   */
  revoke(id: string, actor: string): Promise<CommitOutcome>;
}

export interface EngineFeed {
  /**
   * Names the consumer of the one feed. Called once, before the first commit. Every commit comes out
   * of it, whoever wrote it.
   */
  consume(consumer: FeedConsumer): void;
}

export interface EngineHealth {
  readonly current: Health;
  /**
   * Since when a transaction is under way on a disk of this machine, in milliseconds that the process had run;
   * `undefined`: none is, or another machine has the disk.
   */
  readonly writingSinceMs?: number | undefined;
  /** Names who is told when the storage gets worse or better. Called once, before the first commit. */
  onChange(observer: (health: Health) => void): void;
}

/** What an engine has of a disk, in bytes. */
export interface DiskFigures {
  /** Of the file of the store, what holds something. */
  readonly used: number;
  /** The whole file of the store. */
  readonly file: number;
  /** The files of the write-ahead log. */
  readonly journal: number;
  /** The file system that they lie on, and what is left of it for this process. */
  readonly size: number;
  readonly available: number;
}

export interface EngineMaintenance {
  /** About what history takes beside the current entries: less after a compaction. */
  readonly historyBytes: number;

  /** Commits that history has. */
  readonly historyCommits: number;

  /** What is kept on a disk of this machine; missing where nothing is. Rejects with the error of the system. */
  disk?(): Promise<DiskFigures>;

  /**
   * Drops history up to a revision; current entries never go. Works in small steps between which
   * the event loop runs. Rejects with `future_revision` beyond the newest; below
   * `compactedRevision` there is nothing to do.
   */
  compact(revision: number): Promise<void>;

  /** When the first commit after a revision was made, cheaply; `undefined` where there is none. */
  timeAfter(revision: number): number | undefined;
}

/**
 * What decides commits and keeps them. The engine alone names revisions, which may have gaps, and judges
 * conditions: where several servers share one, another of them may be writing.
 */
export interface Engine {
  readonly name: string;
  readonly supports: EngineManifest;
  /** The identity of this history. */
  readonly epoch: string;
  /** Of this history, the oldest first; the last is the one that commits are made on. */
  readonly timelines: readonly Timeline[];
  readonly reads: EngineReads;
  readonly writes: EngineWrites;
  readonly feed: EngineFeed;
  /** Missing: whoever runs the engine ends leases. */
  readonly leases?: EngineLeases;
  readonly health: EngineHealth;
  readonly maintenance: EngineMaintenance;

  /** Finishes what was accepted, flushes and lets go of the storage. */
  close(): Promise<void>;
}
