import type { Clock, WatchMode } from '@confer/shared';
import type { Store } from '../store/store.ts';
import { type CatchUpFrames, catchUpFrames } from './catch-up-frames.ts';
import { type DifferencePage, type DifferenceQuery, differencePage } from './difference-page.ts';
import type { Frame } from './frames.ts';
import type { Group } from './group.ts';
import { PageCache } from './page-cache.ts';
import { PageWriter } from './page-writer.ts';
import { type SnapshotPage, type SnapshotQuery, snapshotPage } from './snapshot-page.ts';
import type { WatcherState } from './watcher-state.ts';

/** Of encoded pages and batches that are kept for others, each kind. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** What an item takes beside its frame. */
const ITEM_BYTES = 500;

/**
 * What brings watches up to date. Those that need the same get the same: a deploy restarts a thousand
 * clients at once, and an import that is too large to be handed to all in one turn leaves a thousand
 * behind at once. Each method throws `compacted` where history does not reach back.
 */
export class CatchUp {
  readonly #store: Store;
  readonly #pages: PageCache<SnapshotPage>;
  readonly #differences: PageCache<DifferencePage>;
  readonly #leads: PageCache<CatchUpFrames | 'too much'>;
  readonly #page = new PageWriter();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#pages = new PageCache(KEPT_BYTES_MAX, clock);
    this.#differences = new PageCache(KEPT_BYTES_MAX, clock);
    this.#leads = new PageCache(KEPT_BYTES_MAX, clock);
  }

  /** Lets go of what is kept. */
  stop(): void {
    for (const kept of [this.#pages, this.#differences, this.#leads]) kept.clear();
  }

  snapshotPage(query: SnapshotQuery): SnapshotPage {
    const key = `${query.watch} ${query.revision} ${query.after ?? ''}`;
    return this.#pages.get(key, () => snapshotPage(this.#store, query, this.#page), sizeOf);
  }

  differencePage(query: DifferenceQuery): DifferencePage {
    const { watch, from, to } = query.head;
    const key = `${watch} ${query.position} ${from} ${to} ${query.after ?? ''}`;
    return this.#differences.get(key, () => differencePage(this.#store, query, this.#page), sizeOf);
  }

  frames(
    group: Group,
    mode: WatchMode,
    state: WatcherState & { kind: 'lagging' },
    latest: number,
  ): CatchUpFrames | 'too much' {
    const { position, from, isResuming } = state;
    const key = `${group.name} ${mode} ${position} ${from} ${latest} ${isResuming}`;
    return this.#leads.get(
      key,
      () => catchUpFrames(this.#store, group, mode, state, latest),
      (lead) => ITEM_BYTES + (lead === 'too much' ? 0 : lead.bytes),
    );
  }
}

function sizeOf({ frame }: { readonly frame?: Frame }): number {
  return ITEM_BYTES + (frame?.byteLength ?? 0);
}
