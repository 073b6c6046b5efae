import { ProtocolError } from '@confer/shared';
import { Arrivals } from './arrivals.ts';

/** Of requests whose answer is not begun. WebSockets have bounds of their own. */
const REQUESTS_MAX = 10_000;

/** Listings that are streamed, each of which has about a megabyte in memory: in all, and of one principal. */
const STREAMS_MAX = 128;
const STREAMS_OF_ONE_MAX = 16;

/** The requests of HTTP that have no answer yet, of a whole server: bounded, and waited for when it stops. */
export class Underway {
  #count = 0;
  readonly #streams = new Map<string, number>();
  #streamCount = 0;
  #isClosed = false;
  readonly #onAnswered: (() => void)[] = [];

  /** Those that only read are begun a few at a time. */
  readonly arrivals: Arrivals;

  /** `defer` runs something in a turn of its own, soon. */
  constructor(defer: (run: () => void) => void) {
    this.arrivals = new Arrivals(defer);
  }

  get count(): number {
    return this.#count;
  }

  /** Lets nothing more in. Resolves once all that came before has its answer. */
  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#onAnswered.push(resolve);
      this.#lookWhetherAnswered();
    });
  }

  /** Counts a request in, until what this returns is called. Throws where none more is taken. */
  begin(): () => void {
    // safeguard: stopping-server-takes-no-requests
    if (this.#isClosed) throw new ProtocolError('shutting_down', 'the server is stopping');
    if (this.#count >= REQUESTS_MAX)
      throw new ProtocolError(
        'too_many_requests',
        `at most ${REQUESTS_MAX} requests wait for an answer`,
      );
    this.#count += 1;
    return once(() => {
      this.#count -= 1;
      this.#lookWhetherAnswered();
    });
  }

  /** Makes room for a stream of somebody, until what this returns is called. Throws where there is none. */
  beginStream(principal: string): () => void {
    const own = this.#streams.get(principal) ?? 0;
    // safeguard: streams-are-bounded
    if (this.#streamCount >= STREAMS_MAX || own >= STREAMS_OF_ONE_MAX)
      throw new ProtocolError(
        'too_many_requests',
        `at most ${STREAMS_OF_ONE_MAX} listings of one principal are streamed at once, and ${STREAMS_MAX} in all`,
      );
    this.#streamCount += 1;
    this.#streams.set(principal, own + 1);
    return once(() => this.#endStream(principal));
  }

  #lookWhetherAnswered(): void {
    if (this.#isClosed && this.#count === 0) for (const told of this.#onAnswered.splice(0)) told();
  }

  #endStream(principal: string): void {
    this.#streamCount -= 1;
    const left = (this.#streams.get(principal) ?? 0) - 1;
    if (left > 0) this.#streams.set(principal, left);
    else this.#streams.delete(principal);
  }
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) run();
    isDone = true;
  };
}
