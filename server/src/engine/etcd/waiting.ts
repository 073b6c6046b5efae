import type { Clock } from '@confer/shared';

/** Resolves so much later. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(delayMs, resolve));
}

/** The longest time between two tries: one gateway bothers a sick cluster no more often than this. */
const BACKOFF_MS_MAX = 2_000;
const BACKOFF_MS_MIN = 100;

/** How long to wait before a try: longer each time, with full jitter, so that gateways do not come together. */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt, 10));
}

/** Those who wait for a revision to be shown. */
export class RevisionWaiters {
  readonly #clock: Clock;
  readonly #revision: () => number;
  readonly #waiting = new Set<{
    readonly revision: number;
    readonly done: (reached: boolean) => void;
  }>();

  constructor(clock: Clock, revision: () => number) {
    this.#clock = clock;
    this.#revision = revision;
  }

  /** The newest revision that is shown. */
  get shown(): number {
    return this.#revision();
  }

  /** Whether the revision is shown within that time, or ever. */
  wait(revision: number, withinMs?: number): Promise<boolean> {
    if (this.#revision() >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer =
        withinMs === undefined
          ? undefined
          : this.#clock.setTimer(withinMs, () => waiter.done(false));
      const waiter = {
        revision,
        done: (reached: boolean) => {
          timer?.cancel();
          this.#waiting.delete(waiter);
          resolve(reached);
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** Called when a later revision is shown. */
  tell(): void {
    const shown = this.#revision();
    for (const waiter of this.#waiting) if (waiter.revision <= shown) waiter.done(true);
  }

  /** Nothing comes any more. */
  end(): void {
    for (const waiter of this.#waiting) waiter.done(false);
  }
}
