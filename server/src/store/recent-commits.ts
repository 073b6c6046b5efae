import type { EngineCommit } from '../engine/engine.ts';

/** Holding a commit costs about this much beside its texts. */
const CHANGE_OVERHEAD_BYTES = 200;

interface Held {
  readonly commit: EngineCommit;
  /** Added up once: one that is let go may be as large as the one that comes for it. */
  readonly bytes: number;
}

/**
 * The last commits, in memory, so that those who are a little behind are served without touching
 * the engine. Bounded by count and by size; holds every commit after `floor` and none before.
 */
export class RecentCommits {
  readonly #limits: { readonly commitsMax: number; readonly bytesMax: number };
  /** Those before `#first` are gone already, so that they hold no memory until they are cut off. */
  #commits: (Held | undefined)[] = [];
  /** Index of the oldest commit that is still held. */
  #first = 0;
  #bytes = 0;
  #floor: number;

  constructor(revision: number, limits: { commitsMax: number; bytesMax: number }) {
    this.#floor = revision;
    this.#limits = limits;
  }

  append(commit: EngineCommit): void {
    const bytes = sizeOf(commit);
    this.#commits.push({ commit, bytes });
    this.#bytes += bytes;
    while (this.#isOver()) this.#dropOldest();
    // Cutting off rarely keeps `append` at constant cost on average.
    if (this.#first > 1024 && this.#first * 2 > this.#commits.length) {
      this.#commits = this.#commits.slice(this.#first);
      this.#first = 0;
    }
  }

  /** What led to a revision is not known: all that is held is before it. */
  startAfter(revision: number): void {
    this.#commits = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#floor = revision;
  }

  /** Whether all commits after `revision` are held. */
  reachesBackTo(revision: number): boolean {
    return revision >= this.#floor;
  }

  /** The commits after `revision`, or `undefined` when some of them are not held any more. */
  since(revision: number): Iterable<EngineCommit> | undefined {
    if (!this.reachesBackTo(revision)) return undefined;
    return this.#from(this.#indexAfter(revision));
  }

  *#from(start: number): Generator<EngineCommit> {
    const commits = this.#commits;
    for (let i = start; i < commits.length; i++) {
      const held = commits[i];
      if (held !== undefined) yield held.commit;
    }
  }

  #indexAfter(revision: number): number {
    let low = this.#first;
    let high = this.#commits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const held = this.#commits[middle];
      if (held !== undefined && held.commit.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isOver(): boolean {
    const count = this.#commits.length - this.#first;
    return count > this.#limits.commitsMax || (this.#bytes > this.#limits.bytesMax && count > 1);
  }

  #dropOldest(): void {
    const oldest = this.#commits[this.#first];
    if (oldest === undefined) return;
    this.#commits[this.#first] = undefined;
    this.#first += 1;
    this.#bytes -= oldest.bytes;
    this.#floor = oldest.commit.revision;
  }
}

function sizeOf(commit: EngineCommit): number {
  let bytes = 0;
  for (const change of commit.changes) {
    bytes += CHANGE_OVERHEAD_BYTES + change.path.length + (change.before?.heldLength ?? 0);
    if (change.type === 'put') bytes += change.entry.value.length;
  }
  return bytes;
}
