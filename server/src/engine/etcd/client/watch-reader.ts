import type { CooperativeSteps } from '../../cooperative-steps.ts';
import { decode } from './codec.ts';
import type { WatchResponse } from './messages.ts';

export interface WatchReaderOptions {
  readonly defer: (run: () => void) => void;
  readonly onResponse: (response: WatchResponse) => void;
  /** Told of what cannot be read; nothing is read after it. */
  readonly onGarbage: (problem: string) => void;
}

/** Reads what a watch brings, in order: what is large over several turns, so that others come in between. */
export class WatchReader {
  readonly #defer: (run: () => void) => void;
  readonly #onResponse: (response: WatchResponse) => void;
  readonly #onGarbage: (problem: string) => void;
  /** What came and is not read; the first is being read. */
  readonly #unread: Buffer[] = [];
  #isOver = false;

  constructor(options: WatchReaderOptions) {
    this.#defer = options.defer;
    this.#onResponse = options.onResponse;
    this.#onGarbage = options.onGarbage;
  }

  take(bytes: Buffer): void {
    if (this.#unread.push(bytes) === 1) this.#read(bytes);
  }

  /** Gives nothing any more. */
  end(): void {
    this.#isOver = true;
  }

  /** What is no message ends the reading, and not the process. */
  #next(steps: CooperativeSteps<WatchResponse>): IteratorResult<void, WatchResponse> | undefined {
    try {
      return steps.next();
    } catch (error) {
      this.end();
      this.#onGarbage(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #read(bytes: Buffer): void {
    const steps = decode.watch(bytes);
    const go = () => {
      if (this.#isOver) return;
      const step = this.#next(steps);
      if (step === undefined) return;
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
