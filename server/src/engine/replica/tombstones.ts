import { compareCodePoints, orderKey, pathOfOrderKey } from '@confer/shared';
import type { Tombstone } from '../engine.ts';
import { OrderedMap } from '../ordered-map.ts';
import { prunedCount } from '../tombstones-limit.ts';
import type { KeyRange } from '../tree-range.ts';

type Known = Omit<Tombstone, 'path'>;
type Place = readonly [revision: number, key: string];

/** The deletes that a memory engine knows, in the order of the tree and in that of revisions. */
export class Tombstones {
  floor = 0;
  /** By `orderKey`; those of a path from the oldest to the newest. */
  readonly #byPath = new OrderedMap<string, Known[]>(undefined, compareCodePoints);
  readonly #order = new OrderedMap<Place, true>(
    undefined,
    (a, b) => a[0] - b[0] || compareCodePoints(a[1], b[1]),
  );

  get size(): number {
    return this.#order.size;
  }

  add({ path, revision, cause }: Tombstone): void {
    const key = orderKey(path);
    const known = this.#byPath.get(key);
    if (known === undefined) this.#byPath.set(key, [{ revision, cause }]);
    else known.push({ revision, cause });
    this.#order.set([revision, key], true);
  }

  /** Forgets the deletes of a path before `revision`: nobody reads that far back any more. */
  forgetBefore(path: string, revision: number): void {
    const key = orderKey(path);
    const known = this.#byPath.get(key) ?? [];
    while (known[0] !== undefined && known[0].revision < revision)
      this.#forget(key, known, known[0].revision);
  }

  forget({ path, revision }: Omit<Tombstone, 'cause'>): void {
    const key = orderKey(path);
    const left = (this.#byPath.get(key) ?? []).filter((known) => known.revision !== revision);
    if (left.length === 0) this.#byPath.delete(key);
    else this.#byPath.set(key, left);
    this.#order.delete([revision, key]);
  }

  /** Forgets those that never came to be. */
  forgetAfter(revision: number): void {
    for (let last = this.#order.maxKey(); last !== undefined; last = this.#order.maxKey()) {
      if (last[0] <= revision) return;
      this.forget({ path: pathOfOrderKey(last[1]), revision: last[0] });
    }
  }

  /**
   * The oldest go when there are more than `max` up to a revision, beyond which history has them. Of the
   * commit at `floor` some may be left.
   */
  trim(max: number, upTo: number): void {
    let count = 0;
    for (const [[revision]] of this.#order.entries()) {
      if (revision > upTo) break;
      count++;
    }
    if (count <= max) return;
    for (; count > prunedCount(max); count--) {
      const [revision, key] = this.#order.minKey() ?? [0, ''];
      this.floor = revision;
      this.#forget(key, this.#byPath.get(key) ?? [], revision);
    }
  }

  *read({ from, to }: KeyRange, at: number): Generator<Tombstone> {
    for (const [key, known] of this.#byPath.entries(from)) {
      if (compareCodePoints(key, to) >= 0) return;
      const newest = known.findLast(({ revision }) => revision <= at);
      if (newest !== undefined) yield { path: pathOfOrderKey(key), ...newest };
    }
  }

  /** Those of a path up to a revision, the newest first. */
  *before(path: string, at: number): Generator<Known, undefined, void> {
    const known = this.#byPath.get(orderKey(path)) ?? [];
    for (let i = known.length - 1; i >= 0; i--) {
      const one = known[i];
      if (one !== undefined && one.revision <= at) yield one;
    }
    return undefined;
  }

  /** The oldest of a path. */
  #forget(key: string, known: Known[], revision: number): void {
    known.shift();
    if (known.length === 0) this.#byPath.delete(key);
    this.#order.delete([revision, key]);
  }
}
