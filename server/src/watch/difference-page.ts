import { comparePaths, type DeleteCause, Digest } from '@confer/shared';
import type { EntryText, Store } from '../store/store.ts';
import { type BatchHead, FRAME_BYTES, type Frame } from './frames.ts';
import type { PageWriter } from './page-writer.ts';

/** A page looks at no more than this, so that making one takes about a millisecond or two. */
const ROWS_MAX = 1_000;
const VALUES_MAX = 4 * FRAME_BYTES;

export interface DifferenceQuery {
  readonly head: BatchHead;
  readonly subtree: string;
  /** The client has everything up to here. */
  readonly position: number;
  /** The last path that was looked at. */
  readonly after: string | undefined;
}

export interface DifferencePage {
  /** Absent where nothing of what was looked at has changed. */
  readonly frame?: Frame;
  /** What was looked at, changed or not: entries of the subtree at `to`. */
  readonly entries: number;
  readonly digest: Digest;
  /** Where the next page starts after; absent on the last one. */
  readonly next?: string;
}

/** `change` is the JSON text of a net change. */
interface Row {
  readonly path: string;
  readonly entry?: EntryText;
  readonly change?: string;
}

/**
 * What changed in a subtree since a position that history no longer reaches: the entries that are
 * newer, and the deletes that are. It looks at the whole subtree, a piece at a time, and sends what
 * changed. Throws `compacted` when `to` is no longer in history.
 */
export function differencePage(
  store: Store,
  query: DifferenceQuery,
  page: PageWriter,
): DifferencePage {
  const { watch, from, to } = query.head;
  const head = `{"type":"difference","watch":${JSON.stringify(watch)},"from":${from},"to":${to}`;
  page.begin(`${head},"changes":[`);
  const digest = new Digest();
  let entries = 0;
  let values = 0;
  let rows = 0;
  let last: string | undefined;
  let next: string | undefined;
  for (const { path, entry, change } of merged(store, query)) {
    if (page.length > FRAME_BYTES || values > VALUES_MAX || rows === ROWS_MAX) {
      next = last;
      break;
    }
    rows++;
    last = path;
    if (entry !== undefined) {
      entries++;
      digest.add(path, entry.modRevision);
      values += entry.text.length;
    }
    if (change !== undefined) page.add(change);
  }
  const frame = page.texts === 0 ? {} : { frame: page.end() };
  return { ...frame, entries, digest, ...(next === undefined ? {} : { next }) };
}

/**
 * Entries and deletes as one, in the order of the tree, those without a change included. The scan goes
 * no further than the page can: behind a large delete it would look for the next entry for long.
 */
function* merged(store: Store, query: DifferenceQuery): Generator<Row> {
  const { head, subtree, position, after } = query;
  const deletions = firstOf(store.deletions(subtree, head.to, after), ROWS_MAX + 1);
  const end = deletions.length > ROWS_MAX ? deletions.at(-1)?.path : undefined;
  let next = 0;
  for (const entry of store.scanTexts(subtree, head.to, after, end)) {
    for (let gone = deletions[next]; gone !== undefined; gone = deletions[++next]) {
      const order = comparePaths(gone.path, entry.path);
      if (order > 0) break;
      // A path that is there was written again after its delete.
      if (order < 0) yield goneRow(gone, position);
    }
    const { path } = entry;
    yield entry.modRevision > position
      ? { path, entry, change: `{"type":"put","entry":${entry.text}}` }
      : { path, entry };
  }
  for (const gone of deletions.slice(next)) yield goneRow(gone, position);
}

function firstOf<Item>(items: Iterable<Item>, count: number): Item[] {
  const first: Item[] = [];
  for (const item of items) if (first.push(item) === count) break;
  return first;
}

interface Gone {
  readonly path: string;
  readonly revision: number;
  readonly cause: DeleteCause;
}

function goneRow({ path, revision, cause }: Gone, position: number): Row {
  if (revision <= position) return { path };
  return { path, change: JSON.stringify({ type: 'delete', path, cause }) };
}
