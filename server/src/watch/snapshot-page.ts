import { Digest } from '@confer/shared';
import type { Store } from '../store/store.ts';
import { FRAME_BYTES, type Frame } from './frames.ts';
import type { TextList } from './text-list.ts';

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
export function snapshotPage(store: Store, query: SnapshotQuery, texts: TextList): SnapshotPage {
  const { watch, subtree, revision, after } = query;
  texts.clear();
  const digest = new Digest();
  let entries = 0;
  let next: string | undefined;
  let last: string | undefined;
  for (const { path, modRevision, text } of store.scanTexts(subtree, revision, after)) {
    if (texts.length > FRAME_BYTES) {
      next = last;
      break;
    }
    texts.add(text);
    digest.add(path, modRevision);
    entries++;
    last = path;
  }
  const head = `{"type":"snapshot","watch":${JSON.stringify(watch)},"revision":${revision}`;
  const frame = texts.frame(`${head},"entries":[`, ']}');
  return { frame, entries, digest, ...(next === undefined ? {} : { next }) };
}
