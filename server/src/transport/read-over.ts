import type { Clock, Timer } from '@confer/shared';

/** Twice what the largest body may have that is wanted. */
const READ_OVER_BYTES_MAX = 16 * 1024 * 1024;
/** As long as some of it came since the last look, and that often. */
const LOOK_MS = 1_000;
const LOOKS_MAX = 10;

/** Whether so much of a body is read over that nobody wants. */
export function mayBeReadOver(bytes: number): boolean {
  // safeguard: unwanted-bodies-are-bounded
  return bytes <= READ_OVER_BYTES_MAX;
}

/**
 * Waits for the rest of a body that nobody wants. A connection that ends with bytes of it unread takes the answer along,
 * and most programs send all of a body before they look at that.
 */
export class ReadOver {
  readonly #clock: Clock;
  readonly #giveUp: () => void;
  #looks = 0;
  #hasCome = false;
  #timer: Timer;

  /** `giveUp` is called where nothing more of it comes, or too slowly. */
  constructor(clock: Clock, giveUp: () => void) {
    this.#clock = clock;
    this.#giveUp = giveUp;
    this.#timer = this.#lookLater();
  }

  /** Some of it came. */
  came(): void {
    this.#hasCome = true;
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #lookLater(): Timer {
    return this.#clock.setTimer(LOOK_MS, () => this.#look());
  }

  #look(): void {
    this.#looks += 1;
    // safeguard: body-is-read-over-while-it-comes
    if (this.#hasCome && this.#looks < LOOKS_MAX) {
      this.#hasCome = false;
      this.#timer = this.#lookLater();
    } else this.#giveUp();
  }
}
