import type { Clock, Timer } from '@confer/shared';
import { networkOf } from '../network-of.ts';

/** How many connections may be open, at once, of which nobody knows yet whose they are. */
export interface StrangersLimits {
  readonly strangersMax: number;
  /** Of one network (`network-of.ts`). */
  readonly strangersOfNetworkMax: number;
}

/** One who asks to come in, and is told once; it may be told within `knock`. */
export interface Caller {
  readonly address: string;
  /**
   * Lets it in. `leave` is to be called once it is known whose it is, or it is gone; more often does nothing.
   * Returns what tells it that others wait for its place: it may leave then, or not.
   */
  enter(leave: () => void): () => void;
  /** Too many wait, or it has waited too long, or nobody comes in any more. */
  refuse(): void;
}

/** How often it is looked who has had its time, as long as anybody is here. */
const LOOK_MS = 100;

// Time is counted in looks, each in a turn of its own: a server that was busy for seconds has read nothing of what
// came meanwhile, and would take all who are inside for silent. Nor does it matter when its clock is set.

/** Two seconds to say whose it is, while others wait: so long a program may take that opens thousands at once. */
const PATIENCE_LOOKS = 20;
/** Where more networks wait than there are places, none of them brings thousands: a round trip, wherever it is. */
const PATIENCE_LOOKS_MIN = 3;
/** Half a minute: who waits costs little. Our own client gives an attempt up after five seconds, others have patience. */
const WAIT_LOOKS_MAX = 300;
/** Each is a TCP connection, and the few headers that are needed to let it in. */
const WAITING_MAX = 8_192;

interface Stranger {
  atLook: number;
  crowd: () => void;
}

interface Waiting {
  readonly caller: Caller;
  readonly atLook: number;
}

/** Those of one network; who came first stands first, inside and outside. */
interface Network {
  readonly name: string;
  readonly inside: Set<Stranger>;
  readonly waiting: Waiting[];
}

const NOTHING = () => {};

/**
 * Where connections are between their request and the word that says whose they are. Few are inside at a time, because
 * each may have most of a frame in memory that nobody has asked for (uWebSockets.js tells of a frame only once it is
 * whole); the others wait outside, where nothing is read of them. Who is honest is inside for a round trip, so thousands
 * that come at once come in, one after the other.
 *
 * Who says nothing keeps nobody out. Once it has had its time and somebody waits, it makes room, in the network that has
 * most of them first. Networks take turns. Of one network, who came last is next: where they come faster than they say
 * who they are, the others would all wait for too long, and where they do not, it is all the same.
 */
export class Doorway {
  readonly #clock: Clock;
  readonly #limits: StrangersLimits;
  readonly #networks = new Map<string, Network>();
  /** Of which somebody waits; the next in turn first. */
  readonly #turns = new Set<Network>();
  #inside = 0;
  #waiting = 0;
  #looks = 0;
  #timer: Timer | undefined;
  #isLettingIn = false;

  constructor(clock: Clock, limits: StrangersLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Returns what to call where the caller is gone before it was told anything. */
  knock(caller: Caller): () => void {
    const network = this.#network(networkOf(caller.address));
    if (this.#hasPlace(network)) {
      this.#enter(network, caller);
      return NOTHING;
    }
    const waiting = { caller, atLook: this.#looks };
    network.waiting.push(waiting);
    this.#turns.add(network);
    this.#waiting += 1;
    // safeguard: those-who-wait-are-bounded
    if (this.#waiting > WAITING_MAX) this.#refuseOldestOfLargest();
    return () => this.#giveUp(network, waiting);
  }

  /** Refuses all who wait. */
  close(): void {
    for (const network of this.#turns)
      for (const waiting of [...network.waiting]) this.#refuse(network, waiting);
  }

  #network(name: string): Network {
    const known = this.#networks.get(name);
    if (known !== undefined) return known;
    const network = { name, inside: new Set<Stranger>(), waiting: [] };
    this.#networks.set(name, network);
    this.#timer ??= this.#clock.setTimer(LOOK_MS, () => this.#look());
    return network;
  }

  #forgetIfEmpty({ name, inside, waiting }: Network): void {
    if (inside.size + waiting.length === 0) this.#networks.delete(name);
    if (this.#networks.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #hasPlace({ inside }: Network): boolean {
    const { strangersMax, strangersOfNetworkMax } = this.#limits;
    // safeguard: strangers-are-bounded
    return this.#inside < strangersMax && inside.size < strangersOfNetworkMax;
  }

  #enter(network: Network, caller: Caller): void {
    const stranger: Stranger = { atLook: this.#looks, crowd: NOTHING };
    network.inside.add(stranger);
    this.#inside += 1;
    stranger.crowd = caller.enter(() => {
      if (!network.inside.delete(stranger)) return;
      this.#inside -= 1;
      this.#letIn();
      this.#forgetIfEmpty(network);
    });
  }

  /** As many as there are places for. One that leaves as soon as it is let in does not begin this anew, and deeper. */
  #letIn(): void {
    if (this.#isLettingIn) return;
    this.#isLettingIn = true;
    for (const network of this.#turns) {
      const last = network.waiting.at(-1);
      if (last === undefined || !this.#hasPlace(network)) continue;
      this.#take(network, last);
      // To the back, where this comes by again.
      // safeguard: networks-take-turns
      if (this.#turns.delete(network)) this.#turns.add(network);
      this.#enter(network, last.caller);
    }
    this.#isLettingIn = false;
  }

  #take(network: Network, waiting: Waiting): boolean {
    const at = network.waiting.lastIndexOf(waiting);
    if (at === -1) return false;
    network.waiting.splice(at, 1);
    this.#waiting -= 1;
    if (network.waiting.length === 0) this.#turns.delete(network);
    return true;
  }

  #giveUp(network: Network, waiting: Waiting): void {
    if (this.#take(network, waiting)) this.#forgetIfEmpty(network);
  }

  #refuse(network: Network, waiting: Waiting): void {
    this.#giveUp(network, waiting);
    waiting.caller.refuse();
  }

  #refuseOldestOfLargest(): void {
    let [largest] = this.#turns;
    for (const network of this.#turns)
      if (network.waiting.length > (largest?.waiting.length ?? 0)) largest = network;
    const oldest = largest?.waiting[0];
    if (largest !== undefined && oldest !== undefined) this.#refuse(largest, oldest);
  }

  #look(): void {
    this.#looks += 1;
    this.#timer = this.#clock.setTimer(LOOK_MS, () => this.#look());
    for (const network of this.#turns)
      for (const waiting of [...network.waiting]) {
        // safeguard: waiting-has-an-end
        if (this.#looks - waiting.atLook < WAIT_LOOKS_MAX) break;
        this.#refuse(network, waiting);
      }
    for (const network of this.#turns)
      if (network.inside.size >= this.#limits.strangersOfNetworkMax)
        // safeguard: silence-makes-room-in-its-network
        this.#crowd(network, network.waiting.length);
    // safeguard: silence-makes-room-for-other-networks
    while (this.#turns.size > 0 && this.#inside >= this.#limits.strangersMax) {
      const largest = this.#largestOverdue();
      if (largest === undefined) return;
      this.#crowd(largest, 1);
    }
  }

  /** Tells so many that had their time, at most. */
  #crowd({ inside }: Network, most: number): void {
    const overdue = [...inside].filter((stranger) => this.#isOverdue(stranger)).slice(0, most);
    for (const stranger of overdue) {
      // One that stays all the same has as long again.
      stranger.atLook = this.#looks;
      inside.delete(stranger);
      inside.add(stranger);
      stranger.crowd();
    }
  }

  #largestOverdue(): Network | undefined {
    let largest: Network | undefined;
    for (const network of this.#networks.values()) {
      const [oldest] = network.inside;
      const isLarger = network.inside.size > (largest?.inside.size ?? 0);
      if (isLarger && oldest !== undefined && this.#isOverdue(oldest)) largest = network;
    }
    return largest;
  }

  #isOverdue({ atLook }: Stranger): boolean {
    const isFlood = this.#turns.size > this.#limits.strangersMax;
    // safeguard: stranger-has-time
    return this.#looks - atLook >= (isFlood ? PATIENCE_LOOKS_MIN : PATIENCE_LOOKS);
  }
}
