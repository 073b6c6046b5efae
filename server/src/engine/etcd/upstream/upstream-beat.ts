import type { Clock, Timer } from '@confer/shared';
import type { GatewayHealth } from '../gateway-health.ts';

export interface BeatOptions {
  readonly clock: Clock;
  readonly health: GatewayHealth;
  /** Up to where the state is complete. */
  readonly position: () => number;
  /** Nothing has come for too long. */
  readonly onSilence: (reason: string) => void;
  /** The member is asked to say that it is there. */
  readonly onAsk: () => void;
  /** Others write to the cluster, and nothing says whether the watch has all of it. */
  readonly onUnsure: () => void;
}

const TICK_MS = 1_000;
/** Ticks. */
const ASK_AFTER = 2;
const SILENT_AFTER = 6;
const UNSURE_AFTER = 10;

/**
 * Notices that nothing comes from the cluster any more, also where TCP says nothing (W8). Silence is counted in
 * ticks, so that a clock that is set changes nothing.
 */
export class Beat {
  readonly #options: BeatOptions;
  #timer: Timer;
  /** Ticks since something came. */
  #silent = 0;
  #unsure = 0;
  /** The newest revision of the store that an answer named. */
  #newest = 0;
  #reason = 'nothing comes from etcd';

  constructor(options: BeatOptions) {
    this.#options = options;
    this.#timer = this.#later();
  }

  /** Something came. */
  heard(revision: number): void {
    this.#silent = 0;
    this.#newest = Math.max(this.#newest, revision);
  }

  /** Whether there is something that has not come. */
  get isBehind(): boolean {
    return this.#newest > this.#options.position();
  }

  /** What came is being worked on, and more is let in when that is done. */
  working(): void {
    this.#silent = 0;
  }

  /** Why the watch broke, for those who ask. */
  failedBecause(reason: string): void {
    this.#reason = reason;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #later(): Timer {
    return this.#options.clock.setTimer(TICK_MS, () => {
      this.#timer = this.#later();
      this.#tick();
    });
  }

  #tick(): void {
    const { clock, health, onSilence, onAsk, onUnsure } = this.#options;
    this.#silent++;
    if (this.#silent % ASK_AFTER === 0) onAsk();
    // safeguard: silent-member-is-left
    if (this.#silent >= SILENT_AFTER) {
      const since = clock.now() - this.#silent * TICK_MS;
      health.setBehind({ since, reason: this.#reason });
      onSilence(`nothing came for ${SILENT_AFTER} s`);
    }
    this.#unsure = this.isBehind ? this.#unsure + 1 : 0;
    if (this.#unsure < UNSURE_AFTER) return;
    this.#unsure = 0;
    onUnsure();
  }
}
