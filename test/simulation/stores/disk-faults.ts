import type { Reserve } from '../../../server/src/engine/lmdb/disk-capacity.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';

export type DiskState = 'well' | 'full' | 'failing';

/** What becomes of one write: `late` failures come after all of it was written. */
export type Fate = 'done' | 'no room' | 'failed' | 'failed late';

/** Writes that the room takes which is kept back for a full disk. */
const RESERVE_WRITES = 4;

/** How the disk of a machine is, and what it does to a write. */
export class DiskFaults {
  readonly #random: SeededRandom;
  readonly #isProne: boolean;
  #state: DiskState = 'well';
  /** Writes that a full disk still takes. */
  #room = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#isProne = random.chance(0.7);
  }

  /** Now and then, it becomes another. */
  disturb(): void {
    if (!this.#isProne || !this.#random.chance(0.06)) return;
    this.become(this.#random.pick<DiskState>(['well', 'well', 'full', 'failing']));
  }

  become(state: DiskState): void {
    this.#state = state;
    this.#room = 0;
  }

  fate(): Fate {
    if (this.#state === 'well') return 'done';
    if (this.#state === 'failing')
      return this.#random.pick<Fate>(['done', 'failed', 'failed', 'failed late']);
    if (this.#room === 0) return 'no room';
    this.#room--;
    return 'done';
  }

  /** Whether what was begun can be taken back for sure. */
  get mayTakeBack(): boolean {
    return this.#state !== 'failing' || this.#random.chance(0.7);
  }

  /** For each process its own: what is kept back is there when it starts. */
  reserve(): Reserve {
    let isThere = true;
    return {
      bytes: 1,
      release: () => {
        if (isThere) this.#room += RESERVE_WRITES;
        const released = isThere;
        isThere = false;
        return released;
      },
      take: () => {
        if (this.#state !== 'full') isThere = true;
        return isThere;
      },
    };
  }
}
