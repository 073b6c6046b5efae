import { checkPath, checkSubtree, type Entry, limits, ProtocolError } from '@confer/shared';
import type {
  CommitOutcome,
  Engine,
  EngineChange,
  EngineCommit,
  EngineLeases,
  EntryText,
  FeedConsumer,
  FeedEvent,
  PathState,
  Timeline,
  WriteRequest,
} from '../engine/engine.ts';
import { RowBudget } from '../row-budget.ts';
import { type ListPage, listPage } from './list.ts';
import { checkCursor, PAGE_BYTES_MAX } from './page-rules.ts';
import { Past } from './past.ts';
import { RecentCommits } from './recent-commits.ts';

/** What watches are told of. */
export type {
  CommitOutcome,
  EngineChange,
  EngineCommit,
  EngineLeases,
  FeedEvent,
  PathState,
  Timeline,
};

/** About this much memory for the commits that those who are a little behind are served from. */
const RECENT_COMMITS_MAX = 10_000;
const RECENT_BYTES_MAX = 64 * 1024 * 1024;

/** So long a watch waits for a server that is behind what its client saw on another. */
const REACH_MS = 2_000;

/** Belongs to the server, which puts nothing there. */
const NOTHING_AT = '/.confer/nothing';

const LIST_ITEMS_DEFAULT = 1_000;

/** What is to be written. */
export interface Asked extends Pick<WriteRequest, 'operations' | 'conditions'> {
  readonly otherwise: WriteRequest['otherwise'] | undefined;
  readonly note: string | undefined;
}

export interface ListOptions {
  readonly path: string;
  readonly depth?: number;
  readonly at?: number;
  readonly after?: string;
  readonly limit?: number;
  /** What the page may hold at most, about; less than any page does. */
  readonly bytesMax?: number;
}

/**
 * The revisioned key-value store over an engine: checks what is asked of it, keeps the recent
 * commits, and passes the one feed on.
 */
export class Store {
  readonly #engine: Engine;
  readonly #recent: RecentCommits;
  /** What was. */
  readonly past: Past;

  /** `onEvent` gets what comes out of the feed after the store shows it. */
  constructor(engine: Engine, onEvent: FeedConsumer) {
    this.#engine = engine;
    this.past = new Past(engine);
    this.#recent = new RecentCommits(engine.reads.revision, {
      commitsMax: RECENT_COMMITS_MAX,
      bytesMax: RECENT_BYTES_MAX,
    });
    engine.feed.consume((event) => {
      if (event.kind === 'commits') for (const commit of event.commits) this.#recent.append(commit);
      else if (event.kind === 'jump') this.#recent.startAfter(event.revision);
      onEvent(event);
    });
  }

  get epoch(): string {
    return this.#engine.epoch;
  }

  get timelines(): readonly Timeline[] {
    return this.#engine.timelines;
  }

  get revision(): number {
    return this.#engine.reads.revision;
  }

  get compactedRevision(): number {
    return this.#engine.reads.compactedRevision;
  }

  /** Every delete after this revision is known. */
  get tombstoneFloor(): number {
    return this.#engine.reads.tombstoneFloor;
  }

  get entryCount(): number {
    return this.#engine.reads.entryCount;
  }

  get engineName(): string {
    return this.#engine.name;
  }

  /** Of an engine that keeps leases itself. */
  get leases(): EngineLeases | undefined {
    return this.#engine.leases;
  }

  /** Resolves when reads show all that was acknowledged anywhere before (S2); `undefined`: they do. */
  barrier(): Promise<void> | undefined {
    return this.#engine.reads.barrier();
  }

  /** Whether reads show a revision that somebody saw elsewhere (W9). */
  reach(revision: number): boolean | Promise<boolean> {
    return this.#engine.reads.reach(revision, REACH_MS);
  }

  get(path: string): Entry | undefined {
    checkPath(path);
    // safeguard: get-is-of-now
    return this.#engine.reads.get(path);
  }

  /** What a path held at a revision. Throws `compacted`. */
  entryAt(path: string, at: number): Entry | undefined {
    for (const entry of this.#engine.reads.scan({ subtree: path, at, budget: new RowBudget(1) }))
      if (entry.path === path) return entry;
    return undefined;
  }

  /** The changes of a commit that was made lately; `undefined`: it is not in memory any more. */
  recentChanges(revision: number): readonly EngineChange[] | undefined {
    for (const commit of this.#recent.since(revision - 1) ?? [])
      return commit.revision === revision ? commit.changes : undefined;
    return undefined;
  }

  /** A page of a subtree, with the revision that it shows. */
  list(options: ListOptions): ListPage & { readonly revision: number } {
    checkSubtree(options.path);
    const at = options.at ?? this.revision;
    const after = options.after;
    checkCursor(after, options.path);
    const page = listPage(this.#engine.reads, {
      subtree: options.path,
      at,
      depth: options.depth ?? Number.POSITIVE_INFINITY,
      ...(after === undefined ? {} : { after }),
      itemsMax: Math.min(options.limit ?? LIST_ITEMS_DEFAULT, limits.pageItemsMax),
      bytesMax: Math.min(options.bytesMax ?? PAGE_BYTES_MAX, PAGE_BYTES_MAX),
    });
    return { ...page, revision: at };
  }

  /**
   * The entries of a subtree at a revision, after a path, as the JSON texts that travel: none is read
   * only to be written again. To be taken within one turn.
   */
  scanTexts(
    subtree: string,
    at: number,
    after: string | undefined,
    budget: RowBudget,
  ): Iterable<EntryText> {
    return this.#engine.reads.scanTexts(queryOf(subtree, at, after, budget));
  }

  /** The same with the paths that are gone. */
  scanStates(
    subtree: string,
    at: number,
    after: string | undefined,
    budget: RowBudget,
  ): Iterable<PathState> {
    return this.#engine.reads.scanStates(queryOf(subtree, at, after, budget));
  }

  commit(
    { operations, conditions, otherwise, note }: Asked,
    actor: string,
    requestId: string,
  ): Promise<CommitOutcome> {
    const write = { requestId, operations, conditions, actor };
    // As nearly all are; what is put together of optional parts takes several times as long.
    if (note === undefined && otherwise === undefined) return this.#engine.writes.commit(write);
    return this.#engine.writes.commit({
      ...write,
      ...(otherwise === undefined ? {} : { otherwise }),
      ...(note === undefined ? {} : { note }),
    });
  }

  /** Writes what is the server's own, which no request of a client may. */
  commitOwn(write: WriteRequest): Promise<CommitOutcome> {
    return this.#engine.writes.commit(write);
  }

  /**
   * Whether a request may have made a commit. Asked by a write under its name whose condition never holds: where the
   * request made nothing, that is a conflict, and all else says that it did, or that nobody knows.
   */
  async mayHaveMade(requestId: string, actor: string): Promise<boolean> {
    const operations = [{ type: 'delete', path: NOTHING_AT } as const];
    const conditions = [{ path: NOTHING_AT, exists: true }];
    try {
      await this.#engine.writes.commit({ operations, conditions, actor, requestId });
      return true;
    } catch (error) {
      return !(error instanceof ProtocolError && error.code === 'conflict');
    }
  }

  /** Drops history up to a revision; returns where it begins then. */
  async compact(revision = this.revision): Promise<number> {
    await this.#engine.maintenance.compact(revision);
    return this.compactedRevision;
  }

  /**
   * Whether more than so many changes after a revision would have to be read from the engine's history.
   * Throws `compacted`.
   */
  isFarBack(revision: number, changesMax: number): boolean {
    if (this.#recent.reachesBackTo(revision)) return false;
    return this.#engine.reads.changesAfter(revision) > changesMax;
  }

  /** The commits after `revision`, to be read within one turn. Throws `compacted`. */
  since(revision: number): Iterable<EngineCommit> {
    // safeguard: recent-commits-are-whole
    return this.#recent.since(revision) ?? this.#engine.reads.history(revision);
  }
}

function queryOf(subtree: string, at: number, after: string | undefined, budget: RowBudget) {
  return after === undefined ? { subtree, at, budget } : { subtree, at, budget, start: { after } };
}
