import { ProtocolError } from '@confer/shared';
import { networkOf } from '../network-of.ts';

/** Of those who listen by HTTP or wait for a change: fewer than requests may be under way, so that others have their answer. */
const READERS_MAX = 8_000;
/** Of one network, in which a thousand programs may be, and of one principal, who may be as many programs. */
const READERS_OF_ONE_MAX = 2_000;

/**
 * So many of those who wait are woken in one turn of the event loop: each reads and is answered, which takes a tenth of a
 * millisecond and more, and thousands may have waited for the same.
 */
const WOKEN_MAX = 50;

/** Whose reader it is. */
export interface ReaderOf {
  readonly address: string;
  /** Undefined where nobody is asked who they are. */
  readonly principal: string | undefined;
}

/** Who listens by HTTP, and who waits for a change: bounded, because each holds a connection open as long as it likes. */
export class Readers {
  readonly #counts = new Map<string, number>();
  #count = 0;
  readonly #defer: (run: () => void) => void;
  #asleep: (() => void)[] = [];

  /** `defer` runs something in a turn of its own, soon. */
  constructor(defer: (run: () => void) => void) {
    this.#defer = defer;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts one in, until what this returns is called. Throws `too_many_requests` where there is room for no more. */
  enter({ address, principal }: ReaderOf): () => void {
    const keys = [`network ${networkOf(address)}`];
    if (principal !== undefined) keys.push(`principal ${principal}`);
    // safeguard: readers-are-bounded
    if (this.#count >= READERS_MAX) throw tooMany(READERS_MAX, 'this server');
    const full = keys.find((key) => (this.#counts.get(key) ?? 0) >= READERS_OF_ONE_MAX);
    if (full !== undefined) throw tooMany(READERS_OF_ONE_MAX, `one ${full.split(' ', 1)[0]}`);
    this.#move(keys, 1);
    let isIn = true;
    return () => {
      if (isIn) this.#move(keys, -1);
      isIn = false;
    };
  }

  /** Wakes one of those who wait, in a turn that has time for it. */
  wake(run: () => void): void {
    this.#asleep.push(run);
    if (this.#asleep.length === 1) this.#defer(() => this.#wakeSome());
  }

  #wakeSome(): void {
    // safeguard: few-are-woken-in-a-turn
    const woken = this.#asleep.slice(0, WOKEN_MAX);
    this.#asleep = this.#asleep.slice(woken.length);
    for (const run of woken) run();
    if (this.#asleep.length > 0) this.#defer(() => this.#wakeSome());
  }

  #move(keys: readonly string[], by: 1 | -1): void {
    this.#count += by;
    for (const key of keys) {
      const count = (this.#counts.get(key) ?? 0) + by;
      if (count === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }
}

function tooMany(most: number, whose: string): ProtocolError {
  const message = `at most ${most} readers of ${whose} listen or wait at once; a WebSocket has many watches in one`;
  return new ProtocolError('too_many_requests', message);
}
