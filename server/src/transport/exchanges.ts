import type { Clock } from '@confer/shared';
import { SharedRoom } from './shared-room.ts';

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
/** Bytes of long answers that wait for those who asked: a page has about a megabyte. */
const ANSWERS_BYTES_MAX = 256 * 1024 * 1024;

/**
 * The exchanges of a listener that are under way, and what they may have together. A connection whose request has come
 * whole and waits for its answer, or for more of it, is one of those that stay, as WebSockets are; any other waits for a
 * request as a handshake does, and may do so no longer.
 */
export class Exchanges {
  readonly #options: ExchangesOptions;
  /** Who makes room sends a body so slowly that others wait for it. */
  readonly bodies = new SharedRoom(BODIES_BYTES_MAX);
  /** Who makes room takes nothing of what he asked for. */
  readonly answers = new SharedRoom(ANSWERS_BYTES_MAX);
  #asked = 0;

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
}
