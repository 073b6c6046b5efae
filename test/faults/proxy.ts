import { once } from 'node:events';
import { createServer, connect as open, type Server, type Socket } from 'node:net';
import { freePort } from '../support/process.ts';

/** `up`: from the clients to the server. */
export type Direction = 'up' | 'down';

/** How often a throttled lane passes something on, a second. */
const SLICES_PER_SECOND = 20;

/** What the path does to the bytes in one direction, for all its connections. */
class Lane {
  delayMs = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** What comes now is lost. */
  isSilent = false;
  #resumed: Promise<void> | undefined;
  #resume = () => {};

  /** Holds everything back, as a path does that loses packets until they are sent again. */
  pause(): void {
    this.#resumed ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume();
    this.#resumed = undefined;
  }

  async pass(chunk: Buffer, write: (bytes: Buffer) => Promise<void>): Promise<void> {
    if (this.delayMs > 0) await passed(this.delayMs);
    for (let at = 0; at < chunk.length; ) {
      await this.#resumed;
      const most = Math.max(1, Math.floor(this.bytesPerSecond / SLICES_PER_SECOND));
      const slice = chunk.subarray(at, at + most);
      at += slice.length;
      const takesMs = (slice.length / this.bytesPerSecond) * 1_000;
      if (takesMs > 0) await passed(takesMs);
      await write(slice);
    }
  }
}

type Lanes = Readonly<Record<Direction, Lane>>;

interface Cut {
  readonly direction: Direction;
  readonly afterBytes: number;
}

/** What a connection goes through. */
interface Path {
  readonly lanes: Lanes;
  readonly cut: Cut | undefined;
  readonly onCarried: (direction: Direction, bytes: number) => void;
}

/** One connection through the proxy. */
class Link {
  readonly carried: Record<Direction, number> = { up: 0, down: 0 };
  readonly over: Promise<unknown>;
  readonly #sockets: readonly Socket[];
  readonly #lanes: Lanes;
  readonly #cut: Cut | undefined;
  readonly #onCarried: Path['onCarried'];

  constructor(client: Socket, server: Socket, { lanes, cut, onCarried }: Path) {
    this.#onCarried = onCarried;
    this.#sockets = [client, server];
    this.#lanes = lanes;
    this.#cut = cut;
    // Each error also ends the loop over what the socket reads; this is for those after it.
    for (const socket of this.#sockets) socket.on('error', () => {}).setNoDelay(true);
    this.over = Promise.all([
      this.#carry('up', client, server),
      this.#carry('down', server, client),
    ]);
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #carry(direction: Direction, from: Socket, to: Socket): Promise<void> {
    const lane = this.#lanes[direction];
    let isLost = false;
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        // A stream with a hole in it never goes on, also when the path has healed.
        isLost ||= lane.isSilent;
        if (!isLost) await lane.pass(chunk, (bytes) => this.#write(direction, to, bytes));
      }
      if (!isLost && !lane.isSilent) to.end();
    } catch {
      if (!isLost && !lane.isSilent) this.end();
    }
  }

  async #write(direction: Direction, to: Socket, bytes: Buffer): Promise<void> {
    const cut = this.#cut?.direction === direction ? this.#cut.afterBytes : undefined;
    const left = (cut ?? Number.POSITIVE_INFINITY) - this.carried[direction];
    const part = bytes.subarray(0, left);
    this.carried[direction] += part.length;
    this.#onCarried(direction, part.length);
    await new Promise<void>((resolve, reject) => {
      to.write(part, (error) => (error ? reject(error) : resolve()));
    });
    if (bytes.length >= left) this.end();
  }
}

/** A path to a server on this machine that breaks in the ways that networks break. */
export class FaultProxy {
  readonly url: string;
  /** How many connections came. */
  accepted = 0;
  readonly #listener: Server;
  /** The bytes that all connections have carried. */
  readonly total: Record<Direction, number> = { up: 0, down: 0 };
  readonly #links = new Set<Link>();
  readonly #lanes: Lanes = { up: new Lane(), down: new Lane() };
  #nextCut: Cut | undefined;
  #last: Link | undefined;
  #isRefusing = false;

  static async start(serverPort: number): Promise<FaultProxy> {
    const port = await freePort();
    const listener = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(listener, port, serverPort);
    await once(listener.listen(port, '127.0.0.1'), 'listening');
    return proxy;
  }

  private constructor(listener: Server, port: number, serverPort: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.#listener = listener;
    listener.on('connection', (client) => this.#accept(client, serverPort));
  }

  /** The bytes that the newest connection has carried. */
  get carried(): Readonly<Record<Direction, number>> {
    return { up: 0, down: 0, ...this.#last?.carried };
  }

  /** Ends all connections; while `refusing`, new ones end at once. */
  cutAll(options: { refusing: boolean } = { refusing: false }): void {
    this.#isRefusing = options.refusing;
    for (const link of this.#links) link.end();
  }

  /** The next connection, and only that, ends after so many bytes. Also takes connections again. */
  cutNext(direction: Direction, afterBytes: number): void {
    this.#nextCut = { direction, afterBytes };
    this.#isRefusing = false;
  }

  /** Loses everything in these directions without a word, ends of connections included. */
  silence(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#lanes[direction].isSilent = true;
  }

  delay(delayMs: number): void {
    for (const lane of Object.values(this.#lanes)) lane.delayMs = delayMs;
  }

  throttle(direction: Direction, bytesPerSecond: number): void {
    this.#lanes[direction].bytesPerSecond = bytesPerSecond;
  }

  pause(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#lanes[direction].pause();
  }

  resume(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#lanes[direction].resume();
  }

  /** From now on all is well, but for the connections that lost something. */
  heal(): void {
    this.#isRefusing = false;
    for (const lane of Object.values(this.#lanes)) {
      lane.isSilent = false;
      lane.delayMs = 0;
      lane.bytesPerSecond = Number.POSITIVE_INFINITY;
      lane.resume();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    this.heal();
    this.cutAll({ refusing: true });
    await closed;
  }

  #accept(client: Socket, serverPort: number): void {
    this.accepted += 1;
    if (this.#isRefusing) {
      client.on('error', () => {}).destroy();
      return;
    }
    const server = open({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true });
    const link = new Link(client, server, {
      lanes: this.#lanes,
      cut: this.#nextCut,
      onCarried: (direction, bytes) => {
        this.total[direction] += bytes;
      },
    });
    this.#nextCut = undefined;
    this.#last = link;
    this.#links.add(link);
    void link.over.then(() => {
      link.end();
      this.#links.delete(link);
    });
  }
}

function passed(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
