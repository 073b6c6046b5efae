import type { Clock } from '@confer/shared';

/** So long what came is done in one turn of the event loop, and one thing begun before. */
const SLICE_MS = 8;

/** A connection with frames to be read, or requests to be begun. */
export interface Waiting {
  /** Begins the next one; `false` when there is none, or the connection takes no answers. */
  beginOne(): boolean;
}

/**
 * Lets others have their turn: a thousand requests come in one piece, and each may cost as much as a
 * page of a megabyte. What a turn has no time for waits for the next ones, where each connection in turn
 * has one begun. While anybody waits, whoever comes waits behind, so a turn has one slice and not two:
 * one as things come, and one for what waited.
 */
export class RequestTurns {
  readonly #clock: Clock;
  readonly #defer: (run: () => void) => void;
  readonly #queue = new Set<Waiting>();
  /** When the time of this turn is over; not known before it is first asked for. */
  #endAt: number | undefined;
  #isDeferred = false;

  constructor(clock: Clock, defer: (run: () => void) => void) {
    this.#clock = clock;
    this.#defer = defer;
  }

  /** Whether something may be begun at once. */
  get isTime(): boolean {
    return this.#queue.size === 0 && this.#isTimeLeft();
  }

  /** Asks to be begun in the turns to come. */
  schedule(waiting: Waiting): void {
    this.#queue.add(waiting);
    this.#endTurnLater();
  }

  #isTimeLeft(): boolean {
    const now = this.#clock.now();
    if (this.#endAt === undefined) {
      this.#endAt = now + SLICE_MS;
      this.#endTurnLater();
    }
    return now <= this.#endAt;
  }

  #endTurnLater(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#defer(() => this.#endTurn());
  }

  #endTurn(): void {
    for (const waiting of this.#queue) {
      if (!this.#isTimeLeft()) break;
      // Removing and adding again puts it at the end of this very iteration.
      this.#queue.delete(waiting);
      if (waiting.beginOne()) this.#queue.add(waiting);
    }
    this.#endAt = undefined;
    this.#isDeferred = false;
    if (this.#queue.size > 0) this.#endTurnLater();
  }
}
