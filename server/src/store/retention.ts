import type { Clock, Timer } from '@confer/shared';
import type { Engine } from '../engine/engine.ts';
import { errorText, type Log } from '../log.ts';

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

const SWEEP_MS = 60_000;

/**
 * How many commits take how many bytes is not known beforehand. So a history that is too large is cut
 * by the share that is too much, at least this, and measured again.
 */
const CUT_SHARE_MIN = 1 / 16;

/** Compacts history as it grows old, a sweep at a time and one after the other. */
export class Retention {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #limits: RetentionLimits;
  readonly #log: Log;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(engine: Engine, clock: Clock, limits: RetentionLimits, log: Log) {
    this.#engine = engine;
    this.#clock = clock;
    this.#limits = limits;
    this.#log = log;
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
      const { compactedRevision } = this.#engine;
      // Also where nothing is old: the engine lets go of request ids that now are.
      await this.#engine.compact(Math.max(compactedRevision, this.#oldRevision()));
      await this.#cut();
    } catch (error) {
      if (this.#isStopped) return;
      this.#log('warn', 'history could not be compacted', { error: errorText(error) });
    }
  }

  /** All up to here is beyond both the age and the number of commits. */
  #oldRevision(): number {
    const beyondCount = this.#engine.revision - this.#limits.commits;
    if (beyondCount <= this.#engine.compactedRevision) return 0;
    return Math.min(beyondCount, this.#revisionBeyondAge());
  }

  /** The last revision that is older than the age, by halving: commits are in the order of time. */
  #revisionBeyondAge(): number {
    const youngFrom = this.#clock.now() - this.#limits.ageMs;
    let low = this.#engine.compactedRevision;
    let high = this.#engine.revision;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const time = this.#engine.timeAfter(middle);
      if (time !== undefined && time < youngFrom) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #cut(): Promise<void> {
    const engine = this.#engine;
    for (;;) {
      const { historyBytes, revision, compactedRevision } = engine;
      if (historyBytes <= this.#limits.bytes || revision === compactedRevision) return;
      const share = Math.max(CUT_SHARE_MIN, 1 - this.#limits.bytes / historyBytes);
      await engine.compact(compactedRevision + Math.ceil((revision - compactedRevision) * share));
    }
  }
}
