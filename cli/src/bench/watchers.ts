import type { Client, Watch } from '@confer/client';
import { type Measures, type Pace, type Span, sinceOf } from './load.ts';

/** Watches what is written, and measures how long it takes to come. */
export class Watchers {
  readonly #pace: Pace;
  readonly #measures: Measures;
  readonly #onFailed: (error: unknown) => void;
  #span: Span = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  /** The revision that each has come to. */
  readonly #reached = new Map<Watch, number>();

  /** `onFailed`: one of them cannot go on. */
  constructor(pace: Pace, measures: Measures, onFailed: (error: unknown) => void) {
    this.#pace = pace;
    this.#measures = measures;
    this.#onFailed = onFailed;
  }

  /** Begins to watch; resolves once the server tells it everything from then on. */
  async begin(client: Client, path: string, signal: AbortSignal): Promise<void> {
    const watch = client.watch(path, { signal });
    const { revision } = await watch.started({ signal });
    this.#reached.set(watch, revision);
    void this.#follow(watch, signal);
  }

  measure(span: Span): void {
    this.#span = span;
  }

  /** Whether all have come as far. */
  haveReached(revision: number): boolean {
    return [...this.#reached.values()].every((each) => each >= revision);
  }

  async #follow(watch: Watch, signal: AbortSignal): Promise<void> {
    try {
      for await (const { revision, changes } of watch) {
        const now = this.#pace.now();
        for (const change of changes) {
          const since = change.type === 'put' ? sinceOf(change.entry.value) : undefined;
          if (since !== undefined && since >= this.#span.from)
            this.#measures.deliveries.add(now - since);
        }
        this.#reached.set(watch, revision);
      }
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error);
    }
  }
}
