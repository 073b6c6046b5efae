import { compareCodePoints, type Entry, orderKey, pathOfOrderKey } from '@confer/shared';
import { OrderedMap } from '../ordered-map.ts';
import type { KeyRange } from '../tree-range.ts';

/** What a path held from a revision on; no entry: it was deleted there. */
interface Version {
  readonly revision: number;
  readonly entry: Entry | undefined;
}

/** What each path held, as far back as a memory engine knows. */
export class Versions {
  /** By `orderKey`; versions of a path from the oldest to the newest. */
  readonly #tree = new OrderedMap<string, Version[]>(undefined, compareCodePoints);

  at(path: string, revision: number): Entry | undefined {
    const versions = this.#tree.get(orderKey(path)) ?? [];
    return versions[newestAt(versions, revision)]?.entry;
  }

  /** What a path held at a revision and before, the newest first. */
  *before(path: string, revision: number): Generator<Entry, undefined, void> {
    const versions = this.#tree.get(orderKey(path)) ?? [];
    for (let i = newestAt(versions, revision); i >= 0; i--) {
      const entry = versions[i]?.entry;
      if (entry !== undefined) yield entry;
    }
    return undefined;
  }

  /** What each path of a range held, if anything. */
  *states(
    { from, to }: KeyRange,
    revision: number,
  ): Generator<{ readonly path: string; readonly entry: Entry | undefined }> {
    for (const [key, versions] of this.#tree.entries(from)) {
      if (compareCodePoints(key, to) >= 0) return;
      yield {
        path: pathOfOrderKey(key),
        entry: versions[newestAt(versions, revision)]?.entry,
      };
    }
  }

  add(path: string, revision: number, entry: Entry | undefined): void {
    const key = orderKey(path);
    const versions = this.#tree.get(key);
    if (versions === undefined) this.#tree.set(key, [{ revision, entry }]);
    else versions.push({ revision, entry });
  }

  /** Drops what a path held after a revision: its commit was broken off. */
  undoAfter(path: string, revision: number): void {
    const key = orderKey(path);
    this.#put(
      key,
      (this.#tree.get(key) ?? []).filter((version) => version.revision <= revision),
    );
  }

  /**
   * Drops what nobody reads who reads from a revision on: only the newest version up to there is
   * read, and a delete reads like nothing. Returns the revision of that version.
   */
  dropBefore(path: string, revision: number): number {
    const key = orderKey(path);
    const versions = this.#tree.get(key) ?? [];
    const newest = newestAt(versions, revision);
    const version = versions[newest];
    if (version === undefined) return 0;
    versions.splice(0, version.entry === undefined ? newest + 1 : newest);
    this.#put(key, versions);
    return version.revision;
  }

  /** As it is at a revision and was before. */
  copyAt(revision: number): Versions {
    const copy = new Versions();
    for (const [key, versions] of this.#tree.entries())
      copy.#put(
        key,
        versions.filter((version) => version.revision <= revision),
      );
    return copy;
  }

  #put(key: string, versions: Version[]): void {
    if (versions.length === 0) this.#tree.delete(key);
    else this.#tree.set(key, versions);
  }
}

/** The index of the newest version up to `revision`, or -1. */
function newestAt(versions: readonly Version[], revision: number): number {
  const last = versions.length - 1;
  if ((versions[last]?.revision ?? 0) <= revision) return last;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
