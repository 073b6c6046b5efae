import type { Clock, Timer } from '@confer/shared';
import { boundedDuration } from '../context.ts';
import { usageError } from '../failure.ts';

/** How long changes are waited for before something is done about them. */
export interface Patience {
  /** That long nothing changes. */
  readonly quietMs: number;
  /** But never longer than this after the first change. */
  readonly longestMs: number;
}

/** What `--debounce` says where nobody says anything. */
export const DEBOUNCE = '500ms:10s';

/** `500ms:10s`; of `500ms` alone the longest wait is twenty times that, as it is in the default. */
export function patienceOf(text: string): Patience {
  const [quiet = '', longest, ...more] = text.split(':');
  if (more.length > 0) throw usageError(`--debounce ${text}: it is MIN or MIN:MAX, such as 1s:10s`);
  const quietMs = boundedDuration(quiet, '--debounce');
  if (longest === undefined) return { quietMs, longestMs: quietMs * 20 };
  return { quietMs, longestMs: Math.max(quietMs, boundedDuration(longest, '--debounce')) };
}

/** Makes one answer of many changes: when it has been quiet for a while, or cannot wait any longer. */
export class Debounce {
  readonly #clock: Clock;
  readonly #patience: Patience;
  #firstAt: number | undefined;
  #timer: Timer | undefined;
  #isDue = false;
  #tell = () => {};

  constructor(clock: Clock, patience: Patience) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /** Something changed. */
  touch(): void {
    const { quietMs, longestMs } = this.#patience;
    const now = this.#clock.now();
    this.#firstAt ??= now;
    this.#timer?.cancel();
    const leftMs = Math.max(0, this.#firstAt + longestMs - now);
    this.#timer = this.#clock.setTimer(Math.min(quietMs, leftMs), () => {
      this.#firstAt = undefined;
      this.#isDue = true;
      this.#tell();
    });
  }

  /** Resolves once for all changes since it did so before. One at a time may wait. */
  async settled(): Promise<void> {
    if (!this.#isDue)
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    this.#isDue = false;
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
