import { Digest } from '@confer/shared';
import { RowBudget } from '../row-budget.ts';
import type { Store } from '../store/store.ts';
import { FRAME_BYTES, type Frame } from './frames.ts';
import type { PageWriter } from './page-writer.ts';

/** Paths that a page looks at, also where they were not there: a millisecond or two. */
const LOOKS_MAX = 4_000;

export interface SnapshotPage {
  readonly frame: Frame;
  readonly entries: number;
  /** Of the entries of this page alone. */
  readonly digest: Digest;
  /** The path that the next page starts after; absent on the last page. */
  readonly next?: string;
}

export interface SnapshotQuery {
  /** The name of the watch. */
  readonly watch: string;
  readonly subtree: string;
  readonly revision: number;
  /** The last path of the page before. */
  readonly after: string | undefined;
}

/**
 * A page of a subtree at one revision. The entries are JSON texts already: of a store's million, none
 * is read and written again. Throws `compacted` when the revision is no longer in history.
 */
export function snapshotPage(store: Store, query: SnapshotQuery, page: PageWriter): SnapshotPage {
  const { watch, subtree, revision, after } = query;
  const head = `{"type":"snapshot","watch":${JSON.stringify(watch)},"revision":${revision}`;
  page.begin(`${head},"entries":[`);
  const digest = new Digest();
  let next: string | undefined;
  let last: string | undefined;
  const budget = new RowBudget(LOOKS_MAX);
  // safeguard: snapshot-is-of-one-revision
  for (const { path, modRevision, text } of store.scanTexts(subtree, revision, after, budget)) {
    if (page.length > FRAME_BYTES) {
      next = last;
      break;
    }
    // safeguard: page-has-each-entry
    page.add(text);
    digest.add(path, modRevision);
    last = path;
  }
  next ??= budget.stoppedAfter;
  const entries = page.texts;
  return { frame: page.end(), entries, digest, ...(next === undefined ? {} : { next }) };
}
