import { Digest } from '@confer/shared';
import { RowBudget } from '../row-budget.ts';
import type { PathState, Store } from '../store/store.ts';
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
  const { head, subtree, position, after } = query;
  const { watch, from, to } = head;
  const opening = `{"type":"difference","watch":${JSON.stringify(watch)},"from":${from},"to":${to}`;
  page.begin(`${opening},"changes":[`);
  const digest = new Digest();
  let entries = 0;
  let values = 0;
  let last: string | undefined;
  let next: string | undefined;
  const budget = new RowBudget(ROWS_MAX);
  for (const state of store.scanStates(subtree, to, after, budget)) {
    if (page.length > FRAME_BYTES || values > VALUES_MAX) {
      next = last;
      break;
    }
    last = state.path;
    if ('entry' in state) {
      const { path, modRevision, text } = state.entry;
      entries++;
      digest.add(path, modRevision);
      values += text.length;
    }
    const change = changeOf(state, position);
    if (change !== undefined) page.add(change);
  }
  next ??= budget.stoppedAfter;
  const frame = page.texts === 0 ? {} : { frame: page.end() };
  return { ...frame, entries, digest, ...(next === undefined ? {} : { next }) };
}

/** The JSON text of a net change, where the path changed since a position. */
function changeOf(state: PathState, position: number): string | undefined {
  if ('entry' in state) {
    const { modRevision, text } = state.entry;
    return modRevision > position ? `{"type":"put","entry":${text}}` : undefined;
  }
  const { path, revision, cause } = state.tombstone;
  // safeguard: difference-has-deletes
  return revision > position ? JSON.stringify({ type: 'delete', path, cause }) : undefined;
}
