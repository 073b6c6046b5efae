import type { Clock } from '@confer/shared';
import type { Watcher } from './watcher.ts';

/** Work on watches that catch up lets others in after this long. */
const SLICE_MS = 8;

/**
 * Brings watchers up to date, each a step at a time and in turn, so that a large snapshot neither
 * holds up the event loop nor the small ones behind it. A watcher whose connection takes no more
 * leaves; its session brings it back on drain.
 */
export class CatchUpScheduler {
  readonly #clock: Clock;
  readonly #defer: (run: () => void) => void;
  readonly #queue = new Set<Watcher>();
  #isDeferred = false;

  constructor(clock: Clock, defer: (run: () => void) => void) {
    this.#clock = clock;
    this.#defer = defer;
  }

  /** Not in this turn: what leaves many behind at once, a large commit, has taken its time of it already. */
  schedule(watcher: Watcher): void {
    this.#queue.add(watcher);
    this.#runLater();
  }

  remove(watcher: Watcher): void {
    this.#queue.delete(watcher);
  }

  #runLater(): void {
    if (this.#isDeferred || this.#queue.size === 0) return;
    this.#isDeferred = true;
    this.#defer(() => this.#defer(() => this.#run()));
  }

  #run(): void {
    this.#isDeferred = false;
    const endAt = this.#clock.now() + SLICE_MS;
    for (const watcher of this.#queue) {
      // Removing and adding again puts it at the end of this very iteration.
      this.#queue.delete(watcher);
      if (watcher.sink.frames.writable && stepOf(watcher)) this.#queue.add(watcher);
      if (this.#clock.now() > endAt) break;
    }
    this.#runLater();
  }
}

/** One watcher that fails must not stop the others. */
function stepOf(watcher: Watcher): boolean {
  try {
    return watcher.step();
  } catch (error) {
    watcher.sink.fail(error);
    return false;
  }
}
