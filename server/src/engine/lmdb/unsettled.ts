import {
  type Change,
  compareCodePoints,
  type Entry,
  orderKey,
  pathOfOrderKey,
} from '@confer/shared';
import type { MadeCommit } from '../engine.ts';
import { MemoryDeletions } from '../known-deletions.ts';
import { OrderedMap } from '../ordered-map.ts';
import { Pace, type Steps } from '../steps.ts';
import type { KeyRange } from '../tree-range.ts';

/** What a path holds from a revision on; no entry: it was deleted there. */
export interface Version {
  readonly revision: number;
  readonly entry: Entry | undefined;
  older: Version | undefined;
}

/** New paths are put in order once there are so many, or when somebody asks for the order. */
const UNORDERED_MAX = 1_000;

/** What a path takes here beside its value, roughly. */
const PATH_BYTES = 200;

/**
 * What commits made of the entries and of the known deletes that their tables do not have yet. It
 * lies over the tables: a path that is here is read here, so that it does not matter how far the
 * tables are. Commits that are still on their way to the disk are here as well, and each reader says
 * up to which revision it looks.
 */
export class Unsettled {
  readonly deletions = new MemoryDeletions();
  readonly #paths = new Map<string, Version>();
  readonly #order = new OrderedMap<string, true>(undefined, compareCodePoints);
  #unordered: string[] = [];
  #bytes = 0;

  /** Paths. */
  get size(): number {
    return this.#paths.size;
  }

  /** About what it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  paths(): Iterable<string> {
    return this.#paths.keys();
  }

  /** What a path held at a revision, or `undefined` when the tables know. */
  at(path: string, revision: number): Version | undefined {
    let version = this.#paths.get(path);
    while (version !== undefined && version.revision > revision) version = version.older;
    return version;
  }

  /** The paths of a range that are here, in the order of the tree, with what they held at a revision. */
  *range({ from, to }: KeyRange, revision: number): Generator<readonly [string, Version]> {
    if (this.#paths.size === 0) return;
    this.#arrange();
    for (const [key] of this.#order.entries(from)) {
      if (compareCodePoints(key, to) >= 0) return;
      const path = pathOfOrderKey(key);
      const version = this.at(path, revision);
      if (version !== undefined) yield [path, version];
    }
  }

  /** Takes a commit. Nobody reads what a path held before `shown` any more. */
  *add(commit: MadeCommit, shown: number): Steps<void> {
    const pace = new Pace();
    for (const change of commit.changes) {
      this.addChange(change, commit.revision, shown);
      if (pace.isOver()) yield;
    }
  }

  addChange(change: Change, revision: number, shown: number): void {
    const { path } = change;
    const entry = change.type === 'put' ? change.entry : undefined;
    const older = this.#paths.get(path);
    this.#paths.set(path, { revision, entry, older });
    if (older === undefined) this.#addPath(path);
    else this.#cutOff(older, shown);
    this.#bytes += entry === undefined ? 0 : entry.value.length;
    if (change.type === 'delete') this.deletions.add({ path, revision, cause: change.cause });
  }

  /** Drops what is newer than a revision: it could not be stored. */
  undoAfter(revision: number): void {
    for (const [path, version] of this.#paths) {
      if (version.revision <= revision) continue;
      const last = this.at(path, revision);
      if (last === undefined) this.#drop(path);
      else {
        this.#bytes -= charactersOf(version, last);
        this.#paths.set(path, last);
      }
    }
    this.deletions.forgetAfter(revision);
  }

  /** The tables have what a path holds from a revision on. */
  settled(path: string, revision: number): void {
    const version = this.#paths.get(path);
    if (version === undefined) return;
    if (version.revision <= revision) this.#drop(path);
    else this.#cutOff(version, revision);
  }

  #addPath(path: string): void {
    this.#bytes += PATH_BYTES + path.length;
    this.#unordered.push(path);
    if (this.#unordered.length >= UNORDERED_MAX) this.#arrange();
  }

  #drop(path: string): void {
    this.#bytes -= PATH_BYTES + path.length + charactersOf(this.#paths.get(path), undefined);
    this.#paths.delete(path);
    this.#order.delete(orderKey(path));
  }

  /** Keeps the newest version up to a revision and those after it. */
  #cutOff(newest: Version, revision: number): void {
    let version: Version | undefined = newest;
    while (version !== undefined && version.revision > revision) version = version.older;
    if (version?.older === undefined) return;
    this.#bytes -= charactersOf(version.older, undefined);
    version.older = undefined;
  }

  #arrange(): void {
    for (const path of this.#unordered)
      if (this.#paths.has(path)) this.#order.set(orderKey(path), true);
    this.#unordered = [];
  }
}

/** Of the values from one version on and before another. */
function charactersOf(newest: Version | undefined, end: Version | undefined): number {
  let characters = 0;
  for (let version = newest; version !== undefined && version !== end; version = version.older)
    characters += version.entry === undefined ? 0 : version.entry.value.length;
  return characters;
}
