import { type ErrorCode, limits, times } from '@confer/shared';
import { Assembly } from './assembly.ts';
import { Inbox } from './inbox.ts';
import type { RequestTurns } from './request-turns.ts';

export interface IncomingOptions {
  readonly turns: RequestTurns;
  readonly read: (message: string) => void;
  readonly end: (code: ErrorCode, message: string) => void;
}

/** The way of a known client's frames to where they are read: whole, and in a turn that has time for it. */
export class Incoming {
  readonly #with: IncomingOptions;
  readonly #assembly = new Assembly();
  readonly #inbox: Inbox;

  constructor(options: IncomingOptions) {
    this.#with = options;
    this.#inbox = new Inbox(options.read);
  }

  take(frame: string): void {
    const { turns, read, end } = this.#with;
    const assembled = this.#assembly.take(frame);
    if (assembled.kind === 'more') return;
    if (assembled.kind === 'too large')
      end(
        'frame_too_large',
        `a message has at most ${limits.messageBytesMax} bytes in ${limits.piecesMax} pieces`,
      );
    else if (this.#inbox.length === 0 && turns.isTime) read(assembled.message);
    else if (this.#inbox.add(assembled.message)) turns.schedule(this.#inbox);
    else end('too_many_requests', `at most ${limits.waitingBytesMax} bytes wait to be read`);
  }

  /** Messages that are there as a whole and were not read yet. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** Once a heartbeat period. `true`: a message took too long, and the connection has ended. */
  beat(): boolean {
    if (!this.#assembly.beat()) return false;
    this.#with.end('silent', `a message was not whole after ${times.frameBeatsMax} heartbeats`);
    return true;
  }

  clear(): void {
    this.#assembly.clear();
    this.#inbox.clear();
  }
}
