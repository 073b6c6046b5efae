import { checkPath, checkSubtree, type Entry } from '@confer/shared';
import type { Engine, EngineReads } from '../engine/engine.ts';
import { type LogPage, logPage } from './log-page.ts';
import { checkCursor, PAGE_BYTES_MAX } from './page-rules.ts';
import { versionsPage } from './versions-page.ts';

const ITEMS_DEFAULT = 100;
const ITEMS_MAX = 1_000;

export interface HistoryOptions {
  readonly path: string;
  readonly at?: number;
  readonly limit?: number;
}

export interface LogOptions extends HistoryOptions {
  /** Of the commit at `at`, only what comes after this path. */
  readonly after?: string;
  readonly values?: boolean;
}

/** At which revision something was read, and how far back it could have been. */
interface Window {
  readonly revision: number;
  readonly compactedRevision: number;
  /** When the oldest commit was made that history has, as far as that is known. */
  readonly keptSince?: number;
}

/** What was in the store: checks what is asked, and reads a page of it. */
export class Past {
  readonly #reads: EngineReads;
  readonly #maintenance: Pick<Engine['maintenance'], 'timeAfter'>;

  constructor({ reads, maintenance }: Pick<Engine, 'reads' | 'maintenance'>) {
    this.#reads = reads;
    this.#maintenance = maintenance;
  }

  /** What a path held at a revision: nothing else is looked at. */
  get(path: string, at: number): Entry | undefined {
    checkPath(path);
    for (const version of this.#reads.versions({ path, at }))
      return 'entry' in version ? version.entry : undefined;
    return undefined;
  }

  /** A page of what a path was, from a revision back. */
  history({ path, at = this.#reads.revision, limit }: HistoryOptions): LogPage & Window {
    checkPath(path);
    const query = { path, at, itemsMax: itemsMax(limit), bytesMax: PAGE_BYTES_MAX };
    return { ...versionsPage(this.#reads, query), ...this.#window(at) };
  }

  /** A page of the commits that touched a subtree, from a revision back. */
  log(options: LogOptions): LogPage & Window {
    const { path, at = this.#reads.revision, after, limit, values = false } = options;
    checkSubtree(path);
    checkCursor(after, path);
    const page = logPage(this.#reads, {
      ...{ subtree: path, at, values, commitsMax: itemsMax(limit), bytesMax: PAGE_BYTES_MAX },
      ...(after === undefined ? {} : { after }),
    });
    return { ...page, ...this.#window(at) };
  }

  #window(revision: number): Window {
    const { compactedRevision } = this.#reads;
    // A commit that others made in etcd is of no time: 0.
    const keptSince = this.#maintenance.timeAfter(compactedRevision) || undefined;
    return { revision, compactedRevision, ...(keptSince === undefined ? {} : { keptSince }) };
  }
}

function itemsMax(limit = ITEMS_DEFAULT): number {
  return Math.min(limit, ITEMS_MAX);
}
