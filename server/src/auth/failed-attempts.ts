import type { Clock } from '@confer/shared';
import { networkOf } from '../network-of.ts';

/** So many may fail in a row; then one more each `REFILL_MS`. */
const BURST = 10;
const REFILL_MS = 5_000;
/** Of addresses that are remembered. An attacker who has more of them is held by the other bounds of a server. */
const ADDRESSES_MAX = 10_000;

interface Bucket {
  failed: number;
  at: number;
}

/**
 * How many attempts to say who one is have failed from an address: a token bucket for each. Who is over it is refused
 * without a look, so guessing is slow, and others are not kept out by it. Those of one IPv6 network count as one.
 */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Where there is room for a whole one more: any moment that passes makes a little, in which all would come in. */
  admits(address: string): boolean {
    // safeguard: failed-attempts-are-bounded
    return this.#failed(networkOf(address)) <= BURST - 1;
  }

  note(address: string): void {
    const network = networkOf(address);
    const failed = this.#failed(network);
    this.#buckets.delete(network);
    this.#buckets.set(network, { failed: Math.min(failed + 1, BURST), at: this.#clock.now() });
    const [oldest] = this.#buckets.keys();
    // safeguard: remembered-addresses-are-bounded
    if (this.#buckets.size > ADDRESSES_MAX && oldest !== undefined) this.#buckets.delete(oldest);
  }

  /** A clock that was set back refills nothing, and time counts from there on: else nobody came in before it is back. */
  #failed(network: string): number {
    const bucket = this.#buckets.get(network);
    if (bucket === undefined) return 0;
    // safeguard: clock-set-back-forgives
    bucket.at = Math.min(bucket.at, this.#clock.now());
    return Math.max(0, bucket.failed - (this.#clock.now() - bucket.at) / REFILL_MS);
  }
}
