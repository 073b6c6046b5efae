import type { Clock, Timer } from '@confer/shared';

/** Of what is owed, something must come within this time. Slow links and busy servers take less. */
const NOTHING_MS_MAX = 300_000;

/** A batch that is open for longer holds back what happened, and whoever waits for it is not live (W8). */
const BATCH_MS_MAX = 30_000;

/** The timeouts of a watch: for what its server owes it, which is an answer or the rest of what was begun. */
export class WatchTimeouts {
  readonly #clock: Clock;
  readonly #onLate: () => void;
  readonly #onOver: (waitedMs: number) => void;
  #over: Timer | undefined;
  #batch: Timer | undefined;
  #isLate = false;

  constructor(clock: Clock, onLate: () => void, onOver: (waitedMs: number) => void) {
    this.#clock = clock;
    this.#onLate = onLate;
    this.#onOver = onOver;
  }

  /** A batch is open for so long that what is there may be old. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** Starts the timeouts anew, as something came or was asked for; this is what is owed now. */
  expect(owed: 'nothing' | 'batch' | 'something'): void {
    this.#over?.cancel();
    this.#over =
      owed === 'nothing'
        ? undefined
        : this.#clock.setTimer(NOTHING_MS_MAX, () => this.#onOver(NOTHING_MS_MAX));
    if (owed === 'batch')
      this.#batch ??= this.#clock.setTimer(BATCH_MS_MAX, () => {
        this.#isLate = true;
        this.#onLate();
      });
    else {
      this.#batch?.cancel();
      this.#batch = undefined;
      this.#isLate = false;
    }
  }
}
