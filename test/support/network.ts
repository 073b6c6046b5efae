import type { Clock } from '@confer/shared';
import type { Socket as ClientSocket, OpenSocket } from '../../client/src/sockets/socket.ts';
import type {
  SocketHandlers as ServerHandlers,
  Socket as ServerSocket,
} from '../../server/src/transport/socket.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';

/** What takes the connections of a host; `undefined` while nothing listens. */
export type Host = ((socket: ServerSocket) => ServerHandlers) | undefined;

/** A connection, as those see it who watch the network. */
interface Owned {
  readonly owner: string;
}

export interface NetworkOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Each frame takes between 0 and this long; those of one direction keep their order. */
  readonly latencyMaxMs: number;
  /** A connection says `buffered` once more than this waits to be read. */
  readonly windowBytes: number;
  /** Sees every frame that a server gets. */
  readonly onClientFrame?: (frame: string, link: Owned) => void;
  /** Sees every frame that a server sends. `isFull`: the socket had said `buffered` before it. */
  readonly onServerFrame?: (frame: string, link: Owned, isFull: boolean) => void;
  /** A client opens a socket. */
  readonly onOpen?: (owner: string) => void;
}

/**
 * Connections in memory: in order, with delays, and with the faults of real ones. The library
 * bindings have their own suite; this is the network under a whole simulated system.
 */
export class Network {
  readonly #options: NetworkOptions;
  readonly links = new Set<Link>();
  readonly #frozen = new Set<string>();
  host: Host;
  /** How many of the new connections break or stall within their first frames: in the middle of a resume. */
  brittle = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** How client `owner` opens its sockets. */
  opener(owner: string): OpenSocket {
    return (_url, handlers) => {
      this.#options.onOpen?.(owner);
      const link = new Link(owner, this.#options, handlers, () => this.links.delete(link));
      this.links.add(link);
      if (this.#frozen.has(SERVER)) link.freeze('server');
      const { random } = this.#options;
      if (this.brittle > 0 && random.chance(this.brittle))
        link.fails(random.int(1, 12), random.chance(0.5));
      link.connect(() => this.host);
      return link.clientSide;
    };
  }

  /** The server is killed: what waited for it while it was frozen is lost, and all is cut. */
  killServer(): void {
    this.#frozen.delete(SERVER);
    for (const link of [...this.links]) {
      link.discard('server');
      link.cut();
    }
  }

  /** A process stops: what its sockets have for it waits until `thaw`. Without `owner`, the server. */
  freeze(owner = SERVER): void {
    this.#frozen.add(owner);
    for (const link of this.links)
      if (owner === SERVER) link.freeze('server');
      else if (link.owner === owner) link.freeze('client');
  }

  thaw(owner = SERVER): void {
    this.#frozen.delete(owner);
    for (const link of [...this.links])
      if (owner === SERVER) link.thaw('server');
      else if (link.owner === owner) link.thaw('client');
  }
}

/** No client has this name. */
const SERVER = '';

type Side = 'client' | 'server';

interface Direction {
  /** Nothing of this direction arrives before this. */
  arrivesAt: number;
  waiting: { frame: string; bytes: number }[];
  waitingBytes: number;
  /** How many of the waiting have come to the other side, unread. */
  arrived: number;
  /** Frames vanish, and nobody is told. */
  isSilent: boolean;
  /** The reader does not read. */
  isPaused: boolean;
}

/** One connection. */
export class Link {
  readonly owner: string;
  readonly clientSide: ClientSocket;
  readonly #options: NetworkOptions;
  readonly #client: Parameters<OpenSocket>[1];
  readonly #onGone: () => void;
  readonly #up = direction();
  readonly #down = direction();
  /** It breaks or stalls when it has brought the client this many frames. */
  #framesLeft = Number.POSITIVE_INFINITY;
  #breaks = false;
  #server: ServerHandlers | undefined;
  #isFull = false;
  #closed: Record<Side, boolean> = { client: false, server: false };
  /** A frozen side does not know yet that it is closed. */
  readonly #told: Record<Side, boolean> = { client: false, server: false };
  /** What waits for a frozen side. */
  readonly #held: Record<Side, (() => void)[] | undefined> = {
    client: undefined,
    server: undefined,
  };

  constructor(
    owner: string,
    options: NetworkOptions,
    client: Parameters<OpenSocket>[1],
    onGone: () => void,
  ) {
    this.owner = owner;
    this.#options = options;
    this.#client = client;
    this.#onGone = onGone;
    this.clientSide = {
      send: (frame) => this.#send(this.#up, frame, (arrived) => this.#toServer(arrived)),
      close: (code) => this.#leave('client', code, ''),
    };
  }

  connect(host: () => Host): void {
    this.#arrive('server', () => {
      const accept = host();
      if (this.#closed.client) return;
      if (accept === undefined) {
        this.cut();
        return;
      }
      this.#server = accept(this.#serverSide());
      this.#arrive('client', () => {
        if (!this.#closed.client) this.#client.onOpen();
      });
    });
  }

  /** It works for so many frames to the client, and then breaks or stalls. */
  fails(framesLeft: number, breaks: boolean): void {
    this.#framesLeft = framesLeft;
    this.#breaks = breaks;
  }

  freeze(side: Side): void {
    this.#held[side] ??= [];
  }

  discard(side: Side): void {
    this.#held[side] = undefined;
  }

  thaw(side: Side): void {
    const held = this.#held[side] ?? [];
    this.#held[side] = undefined;
    for (const run of held) run();
    if (side === 'client') this.#drain();
  }

  /** Both sides learn that the connection is gone; what was on its way is lost. */
  cut(): void {
    this.#close('server', 1006, '');
    this.#close('client', 1006, 'the connection was lost');
  }

  /** One direction, or both, stop carrying anything, and nobody is told. */
  silence(which: 'up' | 'down' | 'both'): void {
    if (which !== 'down') this.#up.isSilent = true;
    if (which !== 'up') this.#down.isSilent = true;
  }

  /** The client stops reading, or reads again. */
  pause(isPaused: boolean): void {
    this.#down.isPaused = isPaused;
    if (!isPaused) this.#drain();
  }

  #serverSide(): ServerSocket {
    const link = this;
    return {
      remote: link.owner,
      address: '127.0.0.1',
      transport: 'memory',
      isOneRequest: false,
      isProxied: false,
      certificateName: undefined,
      get bufferedBytes() {
        return link.#down.waitingBytes;
      },
      get writable() {
        return !link.#isFull;
      },
      isReceiving: () => false,
      send: (frame) => link.#serverSend(typeof frame === 'string' ? frame : text(frame)),
      cork: (run) => run(),
      close: (code, reason) => link.#leave('server', code, reason),
      terminate: () => link.cut(),
      known: () => {},
    };
  }

  #serverSend(frame: string): void {
    if (this.#told.server) return;
    this.#options.onServerFrame?.(frame, this, this.#isFull);
    this.#send(this.#down, frame, () => {
      this.#down.arrived += 1;
      this.#drain();
    });
    if (this.#down.waitingBytes > this.#options.windowBytes) this.#isFull = true;
  }

  #send(to: Direction, frame: string, arrive: (frame: string) => void): void {
    if (to.isSilent || this.#closed.client || this.#closed.server) return;
    if (to === this.#down) {
      to.waiting.push({ frame, bytes: frame.length });
      to.waitingBytes += frame.length;
    }
    this.#later(to, () =>
      this.#deliver(to === this.#down ? 'client' : 'server', () => arrive(frame)),
    );
  }

  #toServer(frame: string): void {
    if (this.#closed.server) return;
    this.#options.onClientFrame?.(frame, this);
    this.#server?.onMessage(frame);
  }

  /** The client reads what has arrived. */
  #drain(): void {
    while (this.#down.arrived > 0 && !this.#isNotReading && !this.#closed.client) {
      this.#down.arrived -= 1;
      // safeguard: frames-come-in-order-and-once
      const next = this.#down.waiting.shift();
      if (next === undefined) break;
      this.#down.waitingBytes -= next.bytes;
      this.#client.onMessage(next.frame);
      this.#framesLeft -= 1;
      if (this.#framesLeft > 0) continue;
      if (this.#breaks) this.cut();
      else this.#down.isPaused = true;
      this.#framesLeft = Number.POSITIVE_INFINITY;
    }
    if (this.#down.waitingBytes > 0 || !this.#isFull || this.#closed.server) return;
    this.#isFull = false;
    this.#deliver('server', () => this.#server?.onDrain());
  }

  get #isNotReading(): boolean {
    return this.#down.isPaused || this.#held.client !== undefined;
  }

  /** One side closes: it knows at once, the other when the close arrives behind what was sent. */
  #leave(side: Side, code: number, reason: string): void {
    if (this.#closed[side]) return;
    const other: Side = side === 'client' ? 'server' : 'client';
    const way = side === 'client' ? this.#up : this.#down;
    if (!way.isSilent) this.#later(way, () => this.#close(other, code, reason));
    this.#later(way, () => this.#close(side, code, reason));
  }

  #close(side: Side, code: number, reason: string): void {
    if (this.#closed[side]) return;
    this.#closed[side] = true;
    this.#deliver(side, () => {
      this.#told[side] = true;
      if (side === 'client') this.#client.onClose(code, reason);
      else this.#server?.onClose(code);
      if (this.#told.client && this.#told.server) this.#onGone();
    });
  }

  #arrive(side: Side, run: () => void): void {
    this.#later(side === 'server' ? this.#up : this.#down, () => this.#deliver(side, run));
  }

  #deliver(side: Side, run: () => void): void {
    const held = this.#held[side];
    if (held === undefined) run();
    else held.push(run);
  }

  #later(way: Direction, run: () => void): void {
    const { clock, random, latencyMaxMs } = this.#options;
    way.arrivesAt = Math.max(way.arrivesAt, clock.now() + random.int(0, latencyMaxMs));
    clock.setTimer(way.arrivesAt - clock.now(), run);
  }
}

function direction(): Direction {
  return {
    arrivesAt: 0,
    waiting: [],
    waitingBytes: 0,
    arrived: 0,
    isSilent: false,
    isPaused: false,
  };
}

function text(frame: ArrayBuffer | Uint8Array): string {
  return new TextDecoder().decode(frame);
}
