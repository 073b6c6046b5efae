import type { CommitOutcome } from '../engine.ts';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import { headAt } from './history.ts';
import { RequestIndex } from './request-index.ts';
import type { RequestRow } from './stored.ts';
import type { ReadTables, TableRange } from './tables.ts';

/** What is read back when a store opens: at least so many of the last commits, whatever their time. */
const READ_BACK_MIN = 10_000;
const READ_BACK_MAX = 1_000_000;

/** How often is noted how far the history was. */
const MARK_EVERY_MS = 30_000;

/** By `uptimeMs` everything up to `revision` had been made. */
interface Mark {
  readonly begunMs: number;
  uptimeMs: number;
  revision: number;
}

const ALL: TableRange<number> = { start: 0, end: Number.MAX_SAFE_INTEGER };

/**
 * Which writes made which commit, so that a write that is sent again is not made again (S4).
 *
 * How old a request is, is measured by the time that passes while this process runs, and not by the
 * clock of the machine, which may be set: what was there when the process started is as old as that.
 */
export class Requests {
  readonly #index = new RequestIndex();
  readonly #uptimeMs: () => number;
  /** Oldest first. */
  readonly #marks: Mark[] = [];

  constructor(tables: ReadTables, revision: number, uptimeMs: () => number) {
    this.#uptimeMs = uptimeMs;
    for (const { key, value } of tables.requests.rows(ALL)) {
      const { id }: RequestRow = JSON.parse(value);
      this.#index.add(id, key);
    }
    for (const [id, at] of youngest(tables, revision).reverse()) this.#index.add(id, at);
    this.#mark(revision);
  }

  add(requestId: string, revision: number): void {
    this.#index.add(requestId, revision);
    this.#mark(revision);
  }

  /** How a write that was made before ended. */
  outcomeOf(requestId: string, tables: ReadTables): CommitOutcome | undefined {
    const revision = this.#index.find(requestId);
    if (revision === undefined) return undefined;
    const row = requestAt(tables, revision);
    if (row === undefined || row.id !== requestId) return undefined;
    return { revision, puts: row.puts, deletes: row.deletes };
  }

  /** Requests up to this revision are older than any client waits, and may be forgotten. */
  forgettable(): number {
    const before = this.#uptimeMs() - REQUEST_KEPT_MS;
    const young = this.#marks.findIndex(({ uptimeMs }) => uptimeMs >= before);
    const old = young === -1 ? this.#marks.length : young;
    this.#marks.splice(0, Math.max(0, old - 1));
    return old === 0 ? 0 : (this.#marks[0]?.revision ?? 0);
  }

  #mark(revision: number): void {
    const now = this.#uptimeMs();
    const last = this.#marks.at(-1);
    if (last === undefined || now - last.begunMs >= MARK_EVERY_MS) {
      this.#marks.push({ begunMs: now, uptimeMs: now, revision });
      return;
    }
    last.uptimeMs = now;
    last.revision = revision;
  }
}

function requestAt(tables: ReadTables, revision: number): RequestRow | undefined {
  const head = headAt(tables, revision);
  if (head !== undefined) return { id: head.requestId, puts: head.puts, deletes: head.deletes };
  const row = tables.requests.get(revision);
  return row === undefined ? undefined : JSON.parse(row);
}

/** The newest first: those whose clients may still send them again. */
function youngest(tables: ReadTables, newest: number): [id: string, revision: number][] {
  const found: [string, number][] = [];
  let youngFrom = Number.NEGATIVE_INFINITY;
  for (let revision = newest; found.length < READ_BACK_MAX; revision--) {
    const head = headAt(tables, revision);
    if (head === undefined) break;
    const { time, requestId } = head;
    if (revision === newest) youngFrom = time - REQUEST_KEPT_MS;
    if (time < youngFrom && found.length >= READ_BACK_MIN) break;
    found.push([requestId, revision]);
  }
  return found;
}
