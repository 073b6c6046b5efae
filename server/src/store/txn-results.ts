import {
  comparePaths,
  isWithin,
  type TxnOperation,
  type TxnResult,
  txnLimits,
} from '@confer/shared';
import type { EngineChange } from '../engine/engine.ts';
import { RowBudget } from '../row-budget.ts';
import type { Store } from './store.ts';

/** What a transaction did, and what is to be told of it. */
export interface Done {
  readonly operations: readonly TxnOperation[];
  /** Of its commit; `undefined`: it made none. */
  readonly madeAt: number | undefined;
  /** The state that it found. */
  readonly readAt: number;
  /** Whether what an operation found may be told. */
  readonly isShown: (operation: TxnOperation) => boolean;
}

/** A look at the store that finds this many rows takes some milliseconds. */
const LOOKS_MAX = 2_500;
const OPERATIONS_MAX = 300;
/** What an entry takes in a reply beside its path and its value, at least: to write out more of them takes too long. */
const ENTRY_LENGTH = 100;

/**
 * What came of each operation. Of a write by the commit, if that is in memory yet, else by what its path was before and
 * after it; what is read is that of before. Throws `compacted` where history does not reach back so far.
 */
export async function resultsOf(
  done: Done,
  store: Store,
  defer: (run: () => void) => void,
): Promise<TxnResult[]> {
  const { operations, madeAt } = done;
  const pace = new Pace(defer);
  const changes = madeAt === undefined ? [] : store.recentChanges(madeAt);
  const reading = new Reading(store, done.readAt);
  const results: TxnResult[] = [];
  for (const operation of operations) {
    if (!done.isShown(operation)) results.push({ type: operation.type });
    else if (operation.type === 'get') results.push(reading.get(operation.path));
    else if (operation.type === 'list') {
      results.push(reading.list(operation));
      await pace.pause();
    } else if (changes !== undefined) results.push(byChanges(operation, changes));
    else results.push(await byStates(operation, { ...done, store }, pace));
    if (pace.isOver()) await pace.pause();
  }
  return results;
}

/** Lets others have their turn after so many operations, which take some milliseconds. */
class Pace {
  readonly #defer: (run: () => void) => void;
  #left = OPERATIONS_MAX;

  constructor(defer: (run: () => void) => void) {
    this.#defer = defer;
  }

  isOver(): boolean {
    return --this.#left <= 0;
  }

  pause(): Promise<void> {
    this.#left = OPERATIONS_MAX;
    return new Promise((resume) => this.#defer(resume));
  }
}

/** The reads of a transaction, which together bring as much as its reply may hold. */
class Reading {
  readonly #store: Store;
  readonly #at: number;
  #left: number = txnLimits.readLengthMax;

  constructor(store: Store, at: number) {
    this.#store = store;
    this.#at = at;
  }

  get(path: string): TxnResult {
    if (this.#left <= 0) return { type: 'get' };
    const entry = this.#store.entryAt(path, this.#at) ?? null;
    this.#left -= path.length + (entry?.value.length ?? 0) + ENTRY_LENGTH;
    return { type: 'get', entry };
  }

  list({ type, values = true, ...asked }: Extract<TxnOperation, { type: 'list' }>): TxnResult {
    if (this.#left <= 0) return { type };
    const bytesMax = this.#left;
    const { entries, folders, next } = this.#store.list({ ...asked, at: this.#at, bytesMax });
    // safeguard: short-entries-count-in-a-reply
    for (const { path, value } of entries) this.#left -= path.length + value.length + ENTRY_LENGTH;
    for (const folder of folders) this.#left -= folder.length;
    return {
      type,
      entries: values ? entries : entries.map(({ value: _, ...meta }) => meta),
      folders,
      ...(next === undefined ? {} : { next }),
    };
  }
}

type Write = Extract<TxnOperation, { type: 'put' | 'delete' }>;

/** By a commit whose changes are in the order of the tree, where those of a subtree are one run. */
function byChanges(operation: Write, changes: readonly EngineChange[]): TxnResult {
  const from = firstFrom(changes, operation.path);
  if (operation.type === 'put') {
    const change = changes[from];
    if (change?.type !== 'put' || change.path !== operation.path) return { type: 'put' };
    const { createRevision, version } = change.entry;
    return { type: 'put', createRevision, version };
  }
  if (operation.recursive === true)
    return { type: 'delete', deletes: firstBehind(changes, from, operation.path) - from };
  return { type: 'delete', deletes: changes[from]?.path === operation.path ? 1 : 0 };
}

function firstFrom(changes: readonly EngineChange[], path: string): number {
  return search(changes, 0, (change) => comparePaths(change.path, path) >= 0);
}

function firstBehind(changes: readonly EngineChange[], from: number, subtree: string): number {
  return search(changes, from, (change) => !isWithin(change.path, subtree));
}

/** The first for which something is so that is so for all behind it. */
function search(
  changes: readonly EngineChange[],
  from: number,
  isSo: (change: EngineChange) => boolean,
): number {
  let low = from;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const change = changes[middle];
    if (change === undefined || isSo(change)) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface States {
  readonly store: Store;
  readonly madeAt: number | undefined;
  readonly readAt: number;
}

async function byStates(
  operation: Write,
  { store, madeAt = 0, readAt }: States,
  pace: Pace,
): Promise<TxnResult> {
  const { path } = operation;
  if (operation.type === 'put') {
    const entry = store.entryAt(path, madeAt);
    if (entry === undefined) return { type: 'put' };
    return { type: 'put', createRevision: entry.createRevision, version: entry.version };
  }
  if (operation.recursive !== true)
    return { type: 'delete', deletes: store.entryAt(path, readAt) === undefined ? 0 : 1 };
  let deletes = 0;
  let after: string | undefined;
  do {
    const budget = new RowBudget(LOOKS_MAX);
    for (const _ of store.scanTexts(path, readAt, after, budget)) deletes++;
    after = budget.stoppedAfter;
    if (after !== undefined) await pace.pause();
  } while (after !== undefined);
  return { type: 'delete', deletes };
}
