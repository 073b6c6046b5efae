import { ProtocolError } from '@confer/shared';
import { networkOf } from '../network-of.ts';

/** Of those who listen by HTTP or wait for a change: fewer than requests may be under way, so that others have their answer. */
const READERS_MAX = 8_000;
/** Of one network, in which a thousand programs may be, and of one principal, who may be as many programs. */
const READERS_OF_ONE_MAX = 2_000;

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
