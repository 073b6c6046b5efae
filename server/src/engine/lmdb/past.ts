import { compareCodePoints, comparePaths, type Entry, orderKey } from '@confer/shared';
import type { KeyRange } from '../tree-range.ts';
import type { Tables } from './layout.ts';
import { commitRowsOf, entryBefore, headOf } from './log.ts';
import { type HeldAt, isInRange, laidOver } from './reads.ts';

/** What small commits that follow each other changed: each path with what it held before the first. */
class Changed {
  readonly #before = new Map<string, Entry | undefined>();
  #ordered: string[] | undefined;

  get size(): number {
    return this.#before.size;
  }

  add(path: string, before: Entry | undefined): void {
    if (this.#before.has(path)) return;
    this.#before.set(path, before);
    this.#ordered = undefined;
  }

  *range(range: KeyRange): Generator<HeldAt> {
    this.#ordered ??= [...this.#before.keys()].sort(comparePaths);
    for (const path of this.#ordered)
      if (isInRange(path, range)) yield { key: path, value: this.#before.get(path) };
  }
}

/** A commit whose changes are read from the log when somebody comes by them. */
interface LargeCommit {
  readonly revision: number;
  readonly parts: number;
}

interface Past {
  readonly at: number;
  /** How far the log was read. */
  upTo: number;
  readonly layers: (Changed | LargeCommit)[];
}

/** Readers of the past that are under way at once, with what they remember. */
const PASTS_MAX = 8;
const PATHS_MAX = 50_000;

/**
 * How to come from the newest state to an earlier one: a path that was changed since held what its
 * first change since found. A read of the past costs what it returns and what changed since; the
 * pages of one snapshot share the latter. Large commits are in the log in the order of the tree, and
 * each page reads its own part of them.
 */
export class Pasts {
  readonly #tables: Tables;
  /** In order of use, oldest first. */
  readonly #pasts = new Map<number, Past>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Lays over the state at `shown` what makes it the one at `at`. */
  over(now: Iterable<HeldAt>, range: KeyRange, at: number, shown: number): Iterable<HeldAt> {
    if (at === shown) return now;
    const past = this.#pasts.get(at) ?? { at, upTo: at, layers: [] };
    this.#read(past, shown);
    this.#keep(past);
    return past.layers.reduceRight(
      (lower, layer) =>
        laidOver(
          layer instanceof Changed ? layer.range(range) : largeCommit(this.#tables, layer, range),
          lower,
        ),
      now,
    );
  }

  #read(past: Past, shown: number): void {
    const { log } = this.#tables;
    let from = past.upTo + 1;
    while (from <= shown) {
      let large: LargeCommit | undefined;
      for (const { key, value } of log.rows({ start: [from, 0], end: [shown + 1, 0] })) {
        const [revision] = key;
        const [, , , parts] = headOf(value);
        if (parts > 1) {
          large = { revision, parts };
          break;
        }
        this.#readRow(past, value);
      }
      if (large === undefined) break;
      past.layers.push(large);
      from = large.revision + 1;
    }
    past.upTo = shown;
  }

  #readRow(past: Past, text: string): void {
    const last = past.layers.at(-1);
    const layer = last instanceof Changed ? last : new Changed();
    if (layer !== last) past.layers.push(layer);
    for (const [revision, , , , changes] of commitRowsOf(text))
      if (revision > past.at)
        for (const change of changes) layer.add(change[0], entryBefore(change));
  }

  #keep(past: Past): void {
    const { at, layers } = past;
    this.#pasts.delete(at);
    const paths = layers.reduce(
      (sum, layer) => sum + (layer instanceof Changed ? layer.size : 1),
      0,
    );
    if (paths > PATHS_MAX) return;
    this.#pasts.set(at, past);
    const [oldest] = this.#pasts.keys();
    if (this.#pasts.size > PASTS_MAX && oldest !== undefined) this.#pasts.delete(oldest);
  }
}

/** What a large commit found in a range. Reads from the part on that holds the beginning. */
function* largeCommit(
  { log }: Tables,
  { revision, parts }: LargeCommit,
  range: KeyRange,
): Generator<HeldAt> {
  let low = 0;
  let high = parts - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const text = log.get([revision, middle]);
    const firstKey = text === undefined ? '' : orderKey(headOf(text)[4]);
    if (compareCodePoints(firstKey, range.from) <= 0) low = middle;
    else high = middle - 1;
  }
  for (const { value } of log.rows({ start: [revision, low], end: [revision, parts] }))
    for (const [, , , , changes] of commitRowsOf(value))
      for (const change of changes)
        if (isInRange(change[0], range)) yield { key: change[0], value: entryBefore(change) };
}
