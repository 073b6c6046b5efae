import type { Clock, Timer } from '@confer/shared';
import type { Engine } from './engine.ts';

/** How much history is kept: by age or by commits, whichever keeps more, but not beyond `bytes`. */
export interface RetentionLimits {
  readonly ageMs: number;
  readonly commits: number;
  readonly bytes: number;
}

export const retentionDefaults: RetentionLimits = {
  ageMs: 24 * 60 * 60 * 1_000,
  commits: 100_000,
  bytes: 1024 * 1024 * 1024,
};

/** Limits that can change while they hold: the next sweep goes by the new ones. */
export class LiveRetention implements RetentionLimits {
  #now: RetentionLimits;

  constructor(now: RetentionLimits) {
    this.#now = now;
  }

  get ageMs(): number {
    return this.#now.ageMs;
  }

  get commits(): number {
    return this.#now.commits;
  }

  get bytes(): number {
    return this.#now.bytes;
  }

  become(next: RetentionLimits): void {
    this.#now = next;
  }
}

const SWEEP_MS = 60_000;

/**
 * How many commits take how many bytes is not known beforehand. So a history that is too large is cut
 * by the share that is too much, at least this, and measured again.
 */
const CUT_SHARE_MIN = 1 / 16;

type RetainingEngine = Pick<Engine, 'reads' | 'maintenance'>;

/** Compacts history as it grows old, a sweep at a time and one after the other. */
export class Retention {
  readonly #engine: RetainingEngine;
  readonly #clock: Clock;
  readonly #limits: RetentionLimits;
  readonly #onNotice: (notice: string) => void;
  #timer: Timer | undefined;
  #isStopped = false;

  /** `onNotice` is told what an operator should know of. */
  constructor(
    engine: RetainingEngine,
    clock: Clock,
    limits: RetentionLimits,
    onNotice: (notice: string) => void,
  ) {
    this.#engine = engine;
    this.#clock = clock;
    this.#limits = limits;
    this.#onNotice = onNotice;
    this.#sweepLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #sweepLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#clock.setTimer(SWEEP_MS, () => {
      void this.#sweep().then(() => this.#sweepLater());
    });
  }

  /** What fails is tried again at the next sweep. A stop ends what is under way with an error. */
  async #sweep(): Promise<void> {
    try {
      const { compactedRevision } = this.#engine.reads;
      // Also where nothing is old: the engine lets go of request ids that now are.
      await this.#engine.maintenance.compact(Math.max(compactedRevision, this.#oldRevision()));
      await this.#cut();
    } catch (error) {
      if (this.#isStopped) return;
      this.#onNotice(
        `history could not be compacted: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** All up to here is beyond both the age and the number of commits. */
  #oldRevision(): number {
    const beyondCount = this.#engine.reads.revision - this.#limits.commits;
    if (beyondCount <= this.#engine.reads.compactedRevision) return 0;
    return Math.min(beyondCount, this.#revisionBeyondAge());
  }

  /** The last revision that is older than the age, by halving: commits are in the order of time. */
  #revisionBeyondAge(): number {
    const youngFrom = this.#clock.now() - this.#limits.ageMs;
    let low = this.#engine.reads.compactedRevision;
    let high = this.#engine.reads.revision;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const time = this.#engine.maintenance.timeAfter(middle);
      if (time !== undefined && time < youngFrom) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #cut(): Promise<void> {
    const engine = this.#engine;
    for (;;) {
      const { historyBytes } = engine.maintenance;
      const { revision, compactedRevision } = engine.reads;
      if (historyBytes <= this.#limits.bytes || revision === compactedRevision) return;
      const share = Math.max(CUT_SHARE_MIN, 1 - this.#limits.bytes / historyBytes);
      await engine.maintenance.compact(
        compactedRevision + Math.ceil((revision - compactedRevision) * share),
      );
    }
  }
}
