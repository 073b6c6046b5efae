import { decode } from './codec.ts';
import type { WatchResponse } from './messages.ts';

/** Reads what a watch brings, in order: what is large over several turns, so that others come in between. */
export class WatchReader {
  readonly #defer: (run: () => void) => void;
  readonly #onResponse: (response: WatchResponse) => void;
  /** What came and is not read; the first is being read. */
  readonly #unread: Buffer[] = [];
  #isOver = false;

  constructor(defer: (run: () => void) => void, onResponse: (response: WatchResponse) => void) {
    this.#defer = defer;
    this.#onResponse = onResponse;
  }

  take(bytes: Buffer): void {
    if (this.#unread.push(bytes) === 1) this.#read(bytes);
  }

  /** Gives nothing any more. */
  end(): void {
    this.#isOver = true;
  }

  #read(bytes: Buffer): void {
    const steps = decode.watch(bytes);
    const go = () => {
      if (this.#isOver) return;
      const step = steps.next();
      if (step.done !== true) {
        this.#defer(go);
        return;
      }
      this.#onResponse(step.value);
      this.#unread.shift();
      const [next] = this.#unread;
      if (next !== undefined) this.#read(next);
    };
    go();
  }
}
