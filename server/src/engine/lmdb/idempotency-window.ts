import { withBranch } from '../evaluate.ts';
import { IDEMPOTENCY_WINDOW_MS, type RecordedWrite } from '../idempotency.ts';
import type { Progress } from './commit-rows.ts';
import { IdempotencyIndex } from './idempotency-index.ts';
import type { MadeRequest, RequestsRow } from './row-codec.ts';
import type { ReadTables, TableRange, WriteTables } from './tables.ts';

/** What is read back when a store opens: all that was not forgotten, whatever a clock says of its age. */
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
export class IdempotencyWindow {
  readonly #index = new IdempotencyIndex();
  readonly #uptimeMs: () => number;
  /** Oldest first. */
  readonly #marks: Mark[] = [];

  constructor(tables: ReadTables, revision: number, uptimeMs: () => number) {
    this.#uptimeMs = uptimeMs;
    // safeguard: requests-are-read-back
    for (const [id, at] of youngest(tables).reverse()) this.#index.add(id, at);
    this.#mark(revision);
  }

  add(requestId: string, revision: number): void {
    this.#index.add(requestId, revision);
    this.#mark(revision);
  }

  /** How a write that was made before ended. */
  outcomeOf(requestId: string, tables: ReadTables): RecordedWrite | undefined {
    const revision = this.#index.find(requestId);
    return revision === undefined ? undefined : outcomeAt(tables, revision, requestId);
  }

  /** Requests up to this revision are older than any client waits, and may be forgotten. */
  forgettable(): number {
    const before = this.#uptimeMs() - IDEMPOTENCY_WINDOW_MS;
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

/** Writes down which writes a transaction makes. */
export function recordRequests(
  { requests }: WriteTables,
  outcomes: ReadonlyMap<string, RecordedWrite>,
  { revision }: Progress,
): void {
  if (outcomes.size === 0) return;
  const made: MadeRequest[] = [];
  for (const [id, { outcome, fingerprint }] of outcomes) {
    const { revision: at, puts, deletes, otherwise } = outcome;
    made.push(
      otherwise ? [id, at, puts, deletes, fingerprint, 1] : [id, at, puts, deletes, fingerprint],
    );
  }
  const row: RequestsRow = { made };
  requests.put(revision, JSON.stringify(row));
}

/** The writes that were made with the commit of a revision, and that one among them. */
export function requestsWith({ requests }: ReadTables, revision: number): readonly MadeRequest[] {
  for (const { value } of requests.rows({ ...ALL, start: revision, limit: 1 }))
    return rowOf(value).made;
  return [];
}

function outcomeAt(
  tables: ReadTables,
  revision: number,
  requestId: string,
): RecordedWrite | undefined {
  const made = requestsWith(tables, revision).find(([id]) => id === requestId);
  if (made === undefined) return undefined;
  const [, at, puts, deletes, fingerprint, otherwise] = made;
  const outcome = withBranch({ revision: at, puts, deletes }, otherwise === 1);
  return { outcome, fingerprint };
}

/** The newest first. */
function youngest({ requests }: ReadTables): [id: string, revision: number][] {
  const found: [string, number][] = [];
  const newestFirst = { start: ALL.end, end: 0, reverse: true };
  for (const { value } of requests.rows(newestFirst)) {
    const { made } = rowOf(value);
    if (found.length >= READ_BACK_MAX) break;
    for (const [id, revision] of [...made].reverse()) found.push([id, revision]);
  }
  return found;
}

function rowOf(row: string): RequestsRow {
  return JSON.parse(row);
}
