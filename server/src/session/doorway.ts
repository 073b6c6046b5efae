import { networkOf } from '../auth/failed-attempts.ts';

/**
 * Connections whose peer nobody knows yet, at once. Each may have most of a frame in memory that nobody has asked
 * for (uWebSockets.js tells of a frame only once it is whole), so this is what bounds that; a peer who says who he is
 * passes within a round trip.
 */
const STRANGERS_MAX = 256;
const STRANGERS_OF_ADDRESS_MAX = 64;

/** Counts the connections that have said nothing yet, so that strangers cannot take all that a server has. */
export class Doorway {
  readonly #byNetwork = new Map<string, number>();
  #strangers = 0;

  /** Returns what to call once the peer is known, or gone; `undefined`: there are too many. */
  enter(address: string): (() => void) | undefined {
    const network = networkOf(address);
    const waiting = this.#byNetwork.get(network) ?? 0;
    if (this.#strangers >= STRANGERS_MAX || waiting >= STRANGERS_OF_ADDRESS_MAX) return undefined;
    this.#strangers += 1;
    this.#byNetwork.set(network, waiting + 1);
    let isHere = true;
    return () => {
      if (isHere) this.#leave(network);
      isHere = false;
    };
  }

  #leave(network: string): void {
    this.#strangers -= 1;
    const left = (this.#byNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, left);
  }
}
