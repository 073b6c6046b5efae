import { errorTable, utf8Length } from '@confer/shared';
import type { Frame } from './frame.ts';

/** One request that has no answer yet, of a tab or of the worker itself. */
export interface SharedRequest<By> {
  readonly by: By | undefined;
  /** As its tab knows it. */
  readonly id: number;
  /** The first of its frames: only a commit has more. */
  readonly frame: Frame;
}

const { closeCode: FRAME_TOO_LARGE } = errorTable.frame_too_large;
const { closeCode: TOO_MANY_REQUESTS } = errorTable.too_many_requests;

interface Waiting<By> extends SharedRequest<By> {
  readonly sharedId: number;
  readonly frames: readonly string[];
  readonly bytes: number;
}

/** What the server takes of one connection at a time. */
interface FlowLimits {
  readonly messageBytesMax: number;
  readonly requestsMax: number;
  readonly waitingBytesMax: number;
}

/**
 * The requests of all tabs over their one connection: each has a number that no other tab uses, and no more are under
 * way than the server takes of a connection. Whose turn it is goes round, so that a tab with much to ask delays the
 * others by one request.
 */
export class SharedRequests<By> {
  readonly #limits: FlowLimits;
  readonly #send: (frame: string) => void;
  #lastId = 0;
  /** By whose they are; who has had a turn goes to the end. */
  readonly #queues = new Map<By | undefined, Waiting<By>[]>();
  readonly #underWay = new Map<number, Waiting<By>>();
  #underWayBytes = 0;

  constructor(limits: FlowLimits, send: (frame: string) => void) {
    this.#limits = limits;
    this.#send = send;
  }

  /** Asks nothing, and returns the close code, where the server would end the connection of all over it. */
  add(by: By | undefined, id: number, parts: readonly [Frame, ...Frame[]]): number | undefined {
    const sharedId = ++this.#lastId;
    const [frame] = parts;
    const frames = parts.map((part) => JSON.stringify({ ...part, id: sharedId }));
    const sizes = frames.map(utf8Length);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const { messageBytesMax, requestsMax, waitingBytesMax } = this.#limits;
    const mine = this.#of(by);
    const mineBytes = mine.reduce((sum, each) => sum + each.bytes, 0);
    // Twice, because numbers are longer here than in the tab, which keeps to the limit as it counts.
    const isTooMuch = mine.length >= requestsMax || mineBytes + bytes > 2 * waitingBytesMax;
    // The worker asks for itself, too, and has nobody to refuse it to.
    if (by !== undefined && sizes.some((size) => size > messageBytesMax)) return FRAME_TOO_LARGE;
    if (by !== undefined && isTooMuch) return TOO_MANY_REQUESTS;
    const queue = this.#queues.get(by) ?? [];
    queue.push({ by, id, frame, sharedId, frames, bytes });
    this.#queues.set(by, queue);
    this.#pump();
    return undefined;
  }

  /** Whose the answer is with that number. */
  answered(sharedId: number): SharedRequest<By> | undefined {
    const request = this.#underWay.get(sharedId);
    if (request === undefined) return undefined;
    this.#underWay.delete(sharedId);
    this.#underWayBytes -= request.bytes;
    this.#pump();
    return request;
  }

  /** A tab is gone. What was sent is done, or not, without it. */
  leave(by: By): void {
    this.#queues.delete(by);
  }

  #of(by: By | undefined): readonly Waiting<By>[] {
    const underWay = [...this.#underWay.values()].filter((each) => each.by === by);
    return [...underWay, ...(this.#queues.get(by) ?? [])];
  }

  #pump(): void {
    for (;;) {
      const [by, queue] = this.#queues.entries().next().value ?? [];
      const next = queue?.[0];
      if (queue === undefined || next === undefined || !this.#hasRoomFor(next.bytes)) return;
      queue.shift();
      this.#queues.delete(by);
      if (queue.length > 0) this.#queues.set(by, queue);
      this.#underWay.set(next.sharedId, next);
      this.#underWayBytes += next.bytes;
      for (const frame of next.frames) this.#send(frame);
    }
  }

  #hasRoomFor(bytes: number): boolean {
    const { requestsMax, waitingBytesMax } = this.#limits;
    const { size } = this.#underWay;
    return size === 0 || (size < requestsMax && this.#underWayBytes + bytes <= waitingBytesMax);
  }
}
