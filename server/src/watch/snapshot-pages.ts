import { Digest } from '@confer/shared';
import type { Store } from '../store/store.ts';
import { FRAME_BYTES, type Frame, snapshotFrame } from './frames.ts';

/** Encoded pages kept for others who ask for the same snapshot at the same revision. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024;

export interface SnapshotPage {
  readonly frame: Frame;
  readonly entries: number;
  /** Of the entries of this page alone. */
  readonly digest: Digest;
  /** The path that the next page starts after; absent on the last page. */
  readonly next?: string;
}

/**
 * The pages of snapshots, each made when the first watch is ready for it and shared by all that
 * need the same one (a deploy restarts a thousand clients at once). What is kept is bounded whatever
 * the readers do: a page that was let go is made again for the slow reader who comes for it.
 */
export class SnapshotPages {
  readonly #store: Store;
  /** In order of use, oldest first. */
  readonly #cache = new Map<string, SnapshotPage>();
  #bytes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Throws `compacted` when history no longer reaches back to `revision`. */
  page(watch: string, subtree: string, revision: number, after: string | undefined): SnapshotPage {
    const key = `${watch} ${revision} ${after ?? ''}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      return cached;
    }
    const page = this.#make(watch, subtree, revision, after);
    this.#keep(key, page);
    return page;
  }

  #make(watch: string, subtree: string, revision: number, after: string | undefined): SnapshotPage {
    const entries: string[] = [];
    const digest = new Digest();
    let bytes = 0;
    let next: string | undefined;
    let last: string | undefined;
    for (const { path, modRevision, text } of this.#store.scanTexts(subtree, revision, after)) {
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

  #keep(key: string, page: SnapshotPage): void {
    this.#cache.set(key, page);
    this.#bytes += page.frame.byteLength;
    for (const [oldest, { frame }] of this.#cache) {
      if (this.#bytes <= CACHE_BYTES_MAX) return;
      this.#cache.delete(oldest);
      this.#bytes -= frame.byteLength;
    }
  }
}
