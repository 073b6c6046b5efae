import type { Request } from '@confer/shared';
import type { Answer } from '../api/api.ts';
import { Queue } from './queue.ts';

/** Does what a request asks and answers it, at once where it can. */
export type Work = () => Answer;

/** What one read from a socket holds of the smallest requests. */
const QUEUED_MAX = 20_000;

/** Of the requests of a connection that have no answer. */
export interface QueueLimits {
  readonly requestsMax: number;
  /** Of their frames. */
  readonly waitingBytesMax: number;
}

/** A request that was accepted. */
export interface Asked {
  /** What was asked; `invalid`: something that is no request. */
  readonly op: Request['type'] | 'invalid';
  /** When it came, in milliseconds that the process had run. */
  readonly cameMs: number;
  readonly work: Work;
  readonly bytes: number;
  /** One of the same id has no answer yet. */
  readonly isRepeated?: boolean;
}

/**
 * The requests of one connection that have no answer yet: those that are under way (commits on
 * their way to the disk) and those that wait because the connection does not take answers. Bounded,
 * because a client may send without ever reading.
 */
export class RequestQueue {
  readonly #limits: QueueLimits;
  readonly #queued = new Queue<Asked>();
  #count = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Counts a request in; `false` when there are too many. `takesAnswers`: those that are queued wait for the
   * server, which is no fault of the client.
   */
  admit(bytes: number, takesAnswers: boolean): boolean {
    this.#count += 1;
    this.#bytes += bytes;
    const queued = this.#queued.length;
    const counted = takesAnswers ? this.#count - queued : this.#count;
    return counted <= this.#limits.requestsMax && queued < QUEUED_MAX && this.#areBytesFew;
  }

  /** Counts a part of a request in, whose last part will be admitted with what all have; `false` as above. */
  hold(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#areBytesFew;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  get #areBytesFew(): boolean {
    return this.#bytes <= this.#limits.waitingBytesMax;
  }

  /** The request has its answer. */
  answered(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
  }

  enqueue(asked: Asked): void {
    this.#queued.push(asked);
  }

  /** Whether a request waits to be begun; those that come later must wait too. */
  get hasQueued(): boolean {
    return this.#queued.length > 0;
  }

  /** Takes the request that waits longest to be begun. */
  next(): Asked | undefined {
    return this.#queued.shift();
  }

  /** Lets go of what was not begun; it will never be answered. */
  clear(): void {
    for (const { bytes } of this.#queued) this.answered(bytes);
    this.#queued.clear();
  }
}
