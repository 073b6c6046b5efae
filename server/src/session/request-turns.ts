import type { Clock } from '@confer/shared';

/** So long the requests of all connections are done in one turn of the event loop, and one begun before. */
const SLICE_MS = 8;

/** A connection with requests that wait to be begun. */
export interface Waiting {
  /** Begins the next one; `false` when there is none, or the connection takes no answers. */
  beginOne(): boolean;
}

/**
 * Lets others have their turn: a thousand requests come in one piece, and each may cost as much as a
 * page of a megabyte. What a turn has no time for waits for the next ones, where each connection in turn
 * has one request begun.
 */
export class RequestTurns {
  readonly #clock: Clock;
  readonly #defer: (run: () => void) => void;
  readonly #queue = new Set<Waiting>();
  /** When the time of this turn is over; not known before its first request. */
  #endAt: number | undefined;

  constructor(clock: Clock, defer: (run: () => void) => void) {
    this.#clock = clock;
    this.#defer = defer;
  }

  /** Whether another request may be begun in this turn. */
  get isTime(): boolean {
    const now = this.#clock.now();
    if (this.#endAt === undefined) {
      this.#endAt = now + SLICE_MS;
      this.#defer(() => this.#nextTurn());
    }
    return now <= this.#endAt;
  }

  /** Asks for its requests to be begun in the turns to come. */
  schedule(waiting: Waiting): void {
    this.#queue.add(waiting);
  }

  #nextTurn(): void {
    this.#endAt = undefined;
    for (const waiting of this.#queue) {
      if (!this.isTime) return;
      // Removing and adding again puts it at the end of this very iteration.
      this.#queue.delete(waiting);
      if (waiting.beginOne()) this.#queue.add(waiting);
    }
  }
}
