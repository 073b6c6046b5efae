import type { Clock } from '@confer/shared';

/** An exchange that has bytes of a body. */
interface Holder {
  /** Lets go of them, and says so to whoever sends them. */
  makeRoom(): void;
}

/** What the exchanges of a listener share. */
export interface ExchangesOptions {
  /** Whether the listener lets nobody in any more. */
  readonly isStopped: () => boolean;
  /** Whether another connection may stay for longer than a request and its answer; if not, that is counted. */
  readonly hasRoom: () => boolean;
  /** Connections that are no WebSockets. */
  readonly plain: () => number;
  /** How many of them may wait: for their request, or for another. */
  readonly waitingMax: number;
  readonly clock: Clock;
}

/**
 * Bytes of bodies, of all requests together, that have come and are in nobody's hands yet. Who is known may send 8 MiB
 * in one, so this is for some thirty of those at once; and no more may come of what nobody has asked to read than came
 * with the head.
 */
const BODIES_BYTES_MAX = 256 * 1024 * 1024;

/**
 * The exchanges of a listener that are under way, and what they may have together. A connection whose request has come
 * whole and waits for its answer, or for more of it, is one of those that stay, as WebSockets are; any other waits for a
 * request as a handshake does, and may do so no longer.
 */
export class Exchanges {
  readonly #options: ExchangesOptions;
  #asked = 0;
  #bodiesBytes = 0;
  /** How much each has, who began first in front. */
  readonly #holders = new Map<Holder, number>();

  constructor(options: ExchangesOptions) {
    this.#options = options;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** Those whose request has come whole. */
  get asked(): number {
    return this.#asked;
  }

  /** Connections that wait for a request, or for the rest of one. */
  get waiting(): number {
    return this.#options.plain() - this.#asked;
  }

  /** Whether an answer may go on for as long as it likes. */
  hasRoom(): boolean {
    return this.#options.hasRoom();
  }

  /** Whether a connection is to end with its answer: those that are kept leave as much room to those that come. */
  isLastAnswer(): boolean {
    // safeguard: kept-connections-leave-room
    return this.#options.isStopped() || this.waiting >= this.#options.waitingMax / 2;
  }

  /** A request has come whole; returns what to call when it is over. */
  began(): () => void {
    this.#asked += 1;
    return () => {
      this.#asked -= 1;
    };
  }

  /**
   * Whether so much more of the body of one may be kept. Where there is no room, who has taken longest makes some: who
   * brings a body as fast as he can is in nobody's way, however many begin one and let it lie.
   */
  keep(holder: Holder, bytes: number): boolean {
    // safeguard: bodies-are-bounded-together
    while (this.#bodiesBytes + bytes > BODIES_BYTES_MAX) {
      const [slowest = holder] = this.#holders.keys();
      if (slowest === holder) return false;
      slowest.makeRoom();
      this.letGo(slowest);
    }
    this.#bodiesBytes += bytes;
    this.#holders.set(holder, (this.#holders.get(holder) ?? 0) + bytes);
    return true;
  }

  /** Its body is in other hands, or of no use any more. */
  letGo(holder: Holder): void {
    this.#bodiesBytes -= this.#holders.get(holder) ?? 0;
    this.#holders.delete(holder);
  }
}
