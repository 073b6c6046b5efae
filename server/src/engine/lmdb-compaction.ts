import { deletionBefore, forgetDeletions } from './lmdb-deletions.ts';
import { type ChangeRow, type Tables, versionsUpTo } from './lmdb-layout.ts';
import { changesOf } from './lmdb-reads.ts';
import type { Storage } from './lmdb-writes.ts';

/** Rows that one transaction of a compaction looks at. */
const STEP_ROWS = 250;

interface CommitAtHand {
  readonly revision: number;
  readonly time: number;
  readonly requestId: string;
  readonly changes: readonly ChangeRow[];
  next: number;
}

/**
 * Drops the history up to a revision in steps, each a small transaction of its own, so that writers
 * wait for no more than one step. A commit's row goes after all that it changed was looked at: a
 * crash between two steps leaves it there, and the next compaction does it again.
 */
export class Compaction {
  readonly #tables: Tables;
  readonly #revision: number;
  readonly #forgetBefore: number;
  #commit: CommitAtHand | undefined;

  /**
   * `revision` is `compactedRevision` in the tables already. Request ids of commits made before
   * `forgetBefore` (ms since the Unix epoch) go too.
   */
  constructor(tables: Tables, revision: number, forgetBefore: number) {
    this.#tables = tables;
    this.#revision = revision;
    this.#forgetBefore = forgetBefore;
  }

  async run(storage: Storage, isStopped: () => boolean): Promise<void> {
    let isDone = !this.#hasMore();
    while (!isDone && !isStopped())
      await storage.transaction(() => {
        isDone = this.#step();
      });
  }

  #hasMore(): boolean {
    this.#commit ??= this.#oldestCommit();
    return this.#commit !== undefined || this.#oldestRetired() !== undefined;
  }

  #oldestCommit(): CommitAtHand | undefined {
    const range = { start: 1, end: this.#revision + 1, limit: 1 };
    for (const { key, value } of this.#tables.commits.rows(range))
      return {
        revision: key,
        time: value[0],
        requestId: value[3],
        changes: changesOf(value),
        next: 0,
      };
    return undefined;
  }

  /** Returns whether nothing is left to drop. */
  #step(): boolean {
    let budget = STEP_ROWS - this.#forgetRetired();
    while (budget > 0) {
      const commit = this.#commit ?? this.#oldestCommit();
      if (commit === undefined) return true;
      this.#commit = commit;
      const change = commit.changes[commit.next];
      if (change === undefined) {
        this.#retire(commit);
        this.#tables.commits.remove(commit.revision);
        this.#commit = undefined;
        budget -= 2;
      } else {
        const seen = this.#dropVersions(change[0], budget);
        if (seen <= budget) commit.next++;
        budget -= Math.max(1, seen);
      }
    }
    return false;
  }

  /** The request id goes with its commit, or is kept until it is old enough. */
  #retire({ revision, time, requestId }: CommitAtHand): void {
    if (time < this.#forgetBefore) this.#tables.requests.remove(requestId);
    else this.#tables.retired.put(revision, [requestId, time]);
  }

  #oldestRetired(): { readonly key: number; readonly requestId: string } | undefined {
    const range = { start: 1, end: this.#revision + 1, limit: 1 };
    for (const { key, value } of this.#tables.retired.rows(range))
      if (value[1] < this.#forgetBefore) return { key, requestId: value[0] };
    return undefined;
  }

  /** Forgets what has become old enough; returns the rows that it took. */
  #forgetRetired(): number {
    let rows = 0;
    for (let old = this.#oldestRetired(); old && rows < STEP_ROWS; old = this.#oldestRetired()) {
      this.#tables.requests.remove(old.requestId);
      this.#tables.retired.remove(old.key);
      rows += 2;
    }
    return rows;
  }

  /**
   * Of the versions up to the revision only the newest is still read, and not even that when it is
   * a delete: nothing reads like nothing. The delete goes last, or what it hides would show. It stays
   * known as a delete; those before it do not, nor does one that an earlier compaction ended at.
   * Returns the rows seen, which is more than `limit` when there are more to drop.
   */
  #dropVersions(path: string, limit: number): number {
    const { versions } = this.#tables;
    const range = { ...versionsUpTo(path, this.#revision), limit: limit + 1 };
    const [newest, ...older] = versions.keys(range);
    for (const key of older) versions.remove(key);
    forgetDeletions(this.#tables, older);
    if (newest === undefined) return 0;
    if (older.length < limit) {
      forgetDeletions(this.#tables, deletionBefore(this.#tables, newest));
      if (versions.get(newest) === null) versions.remove(newest);
    }
    return older.length + 1;
  }
}
