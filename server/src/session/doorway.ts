import { networkOf } from '../auth/failed-attempts.ts';

/**
 * Connections whose peer nobody knows yet, at once. Each may have most of a frame in memory that nobody has asked
 * for (uWebSockets.js tells of a frame only once it is whole), so this is what bounds that; a peer who says who he is
 * passes within a round trip.
 */
const STRANGERS_MAX = 256;
const STRANGERS_OF_NETWORK_MAX = 64;

/** A connection that has said nothing yet. */
interface Stranger {
  readonly turnAway: () => void;
}

/**
 * Where connections wait until it is known whose they are. When it is full, the one that has waited longest makes room,
 * out of the network that has most of them: so who only takes up room is turned away, and not who comes.
 */
export class Doorway {
  readonly #networks = new Map<string, Set<Stranger>>();
  #strangers = 0;

  /** `turnAway` ends the connection. Returns what to call once its peer is known, or gone. */
  enter(address: string, turnAway: () => void): () => void {
    const network = networkOf(address);
    const waiting = this.#networks.get(network)?.size ?? 0;
    if (waiting >= STRANGERS_OF_NETWORK_MAX) this.#makeRoomIn(network);
    else if (this.#strangers >= STRANGERS_MAX) this.#makeRoomIn(this.#largest());
    const stranger = { turnAway };
    const strangers = this.#networks.get(network) ?? new Set<Stranger>();
    this.#networks.set(network, strangers.add(stranger));
    this.#strangers += 1;
    return () => {
      if (!strangers.delete(stranger)) return;
      this.#strangers -= 1;
      if (strangers.size === 0) this.#networks.delete(network);
    };
  }

  #makeRoomIn(network: string): void {
    const [oldest] = this.#networks.get(network) ?? [];
    oldest?.turnAway();
  }

  #largest(): string {
    let largest = '';
    let most = 0;
    for (const [network, { size }] of this.#networks)
      if (size > most) {
        largest = network;
        most = size;
      }
    return largest;
  }
}
