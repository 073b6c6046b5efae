import { ROOT } from '@confer/shared';
import type { RowBudget } from '../../row-budget.ts';
import type { EngineChange, EngineCommit } from '../engine.ts';
import { commitOf, madeDelete, madePut } from '../evaluate.ts';
import { DamageError } from './damage.ts';
import { fetchFrom, type RowState, stateAt } from './historical-reads.ts';
import type { Place } from './keys.ts';
import { heldNow } from './reads.ts';
import { type CommitHead, goneOf, headOf, LazyEntryRow, type Link, linkOf } from './row-codec.ts';
import type { ReadTables, TableRange } from './tables.ts';

/** About how many changes are read at once; a commit is not divided. */
const CHUNK_CHANGES = 500;

/** A change as `log` has it. */
interface Linked {
  readonly path: string;
  readonly link: Link;
}

interface CommitRows {
  readonly revision: number;
  readonly head: CommitHead;
  readonly changes: readonly Linked[];
}

/**
 * The commits after a revision up to another one. The log has what each change replaced, so what it
 * made is known from the next change of its path: a chunk is read, and then made out from its end to its
 * beginning.
 */
export function* commitsBetween(
  tables: ReadTables,
  after: number,
  last: number,
): Generator<EngineCommit, void, void> {
  for (let from = after; from < last; ) {
    const chunk = readChunk(tables, from, last);
    const end = chunk.at(-1)?.revision;
    if (end === undefined) throw new DamageError(`the history after revision ${from}`);
    yield* madeOf(tables, chunk, end);
    from = end;
  }
}

function readChunk(tables: ReadTables, after: number, last: number): CommitRows[] {
  const fetch = fetchFrom(tables);
  const chunk: CommitRows[] = [];
  let changes: Linked[] = [];
  let count = 0;
  for (const { key, value } of tables.log.rows(rangeOf(after, last))) {
    const [revision, path] = key;
    const head = headOf(value);
    if (head !== undefined) {
      if (count >= CHUNK_CHANGES) break;
      changes = [];
      chunk.push({ revision, head, changes });
    }
    changes.push({ path, link: linkOf(path, value, fetch) });
    count++;
  }
  return chunk;
}

function rangeOf(after: number, last: number): TableRange<Place> {
  return { start: [after + 1, ROOT], end: [last + 1, ROOT] };
}

function madeOf(
  tables: ReadTables,
  chunk: readonly CommitRows[],
  end: number,
): readonly EngineCommit[] {
  const later = new Map<string, RowState>();
  const made: EngineCommit[] = [];
  for (const { revision, head, changes } of [...chunk].reverse()) {
    const all = changes.map((change) => {
      const { path, link } = change;
      const state = later.has(path) ? later.get(path) : stateOf(tables, path, end);
      later.set(path, link.kind === 'created' ? link.gone : link.before);
      return changeOf(change, state, head);
    });
    const { time, cleared = [], withoutPrev } = head;
    const withPrev = withoutPrev !== true;
    made.push(commitOf({ revision, time }, head, all, { cleared, withPrev }));
  }
  return made.reverse();
}

/** What a path was at a revision: nothing else is looked at. */
export function stateOf(
  tables: ReadTables,
  path: string,
  at: number,
  budget?: RowBudget,
): RowState {
  const gone = tables.tombstones.get(path);
  const now = heldNow(tables, path) ?? (gone === undefined ? undefined : goneOf(gone));
  return stateAt(tables, path, now, at, budget);
}

/** `made`: what the path was after it. */
function changeOf(
  { path, link }: Linked,
  made: RowState,
  { withoutPrev }: CommitHead,
): EngineChange {
  const withPrev = withoutPrev !== true;
  if (link.kind === 'deleted') return madeDelete(path, link.cause, link.before, withPrev);
  if (!(made instanceof LazyEntryRow)) throw new DamageError(`what was put at ${path}`);
  return madePut(made.entry(), link.kind === 'created' ? undefined : link.before, withPrev);
}

/** The head of a commit in history: the first of its rows has it. */
export function headAt({ log }: ReadTables, revision: number): CommitHead | undefined {
  for (const { value } of log.rows({ ...rangeOf(revision - 1, revision), limit: 1 }))
    return headOf(value);
  return undefined;
}
