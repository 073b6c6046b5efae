import { Digest } from '@confer/shared';
import type { Store } from '../store/store.ts';
import { FRAME_BYTES, type Frame, snapshotFrame } from './frames.ts';

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

/** A page of a subtree at one revision. Throws `compacted` when that is no longer in history. */
export function snapshotPage(store: Store, query: SnapshotQuery): SnapshotPage {
  const { watch, subtree, revision, after } = query;
  const entries: string[] = [];
  const digest = new Digest();
  let bytes = 0;
  let next: string | undefined;
  let last: string | undefined;
  for (const { path, modRevision, text } of store.scanTexts(subtree, revision, after)) {
    if (bytes > FRAME_BYTES) {
      next = last;
      break;
    }
    entries.push(text);
    digest.add(path, modRevision);
    bytes += text.length;
    last = path;
  }
  const frame = snapshotFrame({ watch, revision }, entries);
  return { frame, entries: entries.length, digest, ...(next === undefined ? {} : { next }) };
}
