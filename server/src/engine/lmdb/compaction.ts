import { deletionsBefore, forgetDeletions } from './deletions.ts';
import type { LogKey, RequestRow, TableRange, Tables, VersionKey } from './layout.ts';
import { commitRowsOf, headOf } from './log.ts';
import type { Storage } from './storage.ts';

/** Rows of the log, and changes in them, that one transaction looks at: some milliseconds. */
const STEP_ROWS = 32;
const STEP_CHANGES = 1_000;
/** Requests that one transaction forgets. */
const STEP_REQUESTS = 500;

/**
 * Drops the log up to a revision in steps, each a small transaction of its own, so that writers wait
 * for no more than one step. A row that goes on beyond the revision stays. The entries and the known
 * deletes are settled up to the revision already: nothing of what goes is needed to open again.
 */
export class Compaction {
  readonly #tables: Tables;
  readonly #revision: number;
  readonly #forgetBefore: number;

  /**
   * `revision` is compacted in the tables already. Request ids of commits made before `forgetBefore`
   * (ms since the Unix epoch) go too.
   */
  constructor(tables: Tables, revision: number, forgetBefore: number) {
    this.#tables = tables;
    this.#revision = revision;
    this.#forgetBefore = forgetBefore;
  }

  async run(storage: Storage, isStopped: () => boolean): Promise<void> {
    let isDone = false;
    while (!isDone && !isStopped()) {
      const { dropped, retired, deletions } = this.#look();
      const old = this.#oldRetired();
      isDone = dropped.length === 0 && old.length === 0;
      if (isDone) break;
      const { log, retired: kept } = this.#tables;
      await storage.write(() => {
        for (const [revision, row] of retired) kept.put(revision, JSON.stringify(row));
        for (const revision of old) kept.remove(revision);
        forgetDeletions(this.#tables, deletions);
        for (const key of dropped) log.remove(key);
      });
    }
  }

  /** What the next step drops. */
  #look() {
    const dropped: LogKey[] = [];
    const retired: (readonly [number, RequestRow])[] = [];
    const deletions: VersionKey[] = [];
    let changes = 0;
    const range: TableRange<LogKey> = {
      start: [1, 0],
      end: [this.#revision + 1, 0],
      limit: STEP_ROWS,
    };
    for (const { key, value } of this.#tables.log.rows(range)) {
      dropped.push(key);
      const [first, , requests] = headOf(value);
      for (const [i, request] of requests.entries())
        if (request[1] >= this.#forgetBefore) retired.push([first + i, request]);
      for (const [revision, , , , rows] of commitRowsOf(value))
        for (const [path, , before] of rows) {
          changes++;
          // A path that lives again is known as deleted no more.
          if (before === undefined)
            deletions.push(...deletionsBefore(this.#tables, path, revision));
        }
      if (changes >= STEP_CHANGES) break;
    }
    return { dropped, retired, deletions };
  }

  /** What is old enough to be forgotten of what was kept. */
  #oldRetired(): number[] {
    const old: number[] = [];
    const range = { start: 1, end: this.#revision + 1, limit: STEP_REQUESTS };
    for (const { key, value } of this.#tables.retired.rows(range)) {
      const [, time]: RequestRow = JSON.parse(value);
      if (time >= this.#forgetBefore) break;
      old.push(key);
    }
    return old;
  }
}
