import { decodeDown } from '@confer/shared';
import type { Client, Mirror } from '../../client/src/api.ts';
import type { Socket } from '../../client/src/sockets/socket.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { sameEntry } from '../model/model.ts';
import { JudgedServer } from '../support/judged-server.ts';

const GOOD = 'good';
/** What a server begins by itself; answers to requests that were accepted may come any time. */
const PUSHED = new Set(['commits', 'snapshot', 'difference', 'heartbeat']);

/** One server, one good client with its mirrors, and connections that send whatever they like. */
export class Scene {
  readonly #judged = new JudgedServer({
    random: new SeededRandom(1),
    latencyMaxMs: 1,
    windowBytes: 2_000,
    diskMaxMs: 2,
    busyMaxMs: 0,
    isHostile: (owner) => owner !== GOOD,
    onServerFrame: (frame, _link, isFull) => this.#down(frame, isFull),
  });
  readonly #clock = this.#judged.clock;
  readonly #problems = this.#judged.problems;
  readonly #sockets = new Map<string, { readonly socket: Socket; isOpen: boolean }>();
  readonly #mirrors: Mirror[] = [];
  readonly #good: Client;
  #requests = 0;

  constructor() {
    this.#judged.server.start();
    this.#good = this.#judged.client(GOOD);
  }

  /** The good client is there, and live. */
  async open(): Promise<void> {
    for (const path of ['/', '/a']) this.#mirrors.push(this.#good.mirror(path));
    await this.#clock.advance(1_000);
    for (const mirror of this.#mirrors)
      mirror.on('status', ({ to, reason }) => {
        if (to !== 'closed') this.#problems.push(`W10 ${mirror.path} is ${to}: ${reason}`);
      });
  }

  send(owner: string, frame: string): void {
    this.#requests += 1;
    this.#socketOf(owner).send(frame.replace('"@"', `"bad-${this.#requests}"`));
  }

  pause(owner: string, isPaused: boolean): void {
    for (const link of this.#judged.network.links) if (link.owner === owner) link.pause(isPaused);
  }

  cut(owner: string): void {
    for (const link of [...this.#judged.network.links]) if (link.owner === owner) link.cut();
  }

  async advance(durationMs: number): Promise<void> {
    await this.#clock.advance(durationMs);
  }

  /** The good client goes on with its work, and shows it. */
  async finish(): Promise<readonly string[]> {
    // What is still under way may remove everything.
    await this.#clock.advance(1_000);
    const written = this.#good.set('/good', 'still here', { timeoutMs: 5_000 });
    written.catch((error) => this.#problems.push(`W10 the good client cannot write: ${error}`));
    await this.#clock.advance(40_000);
    const { model } = this.#judged.server;
    for (const mirror of this.#mirrors) {
      const held = model.subtreeAt(model.revision, mirror.path);
      const shown = mirror.list();
      const differing = shown.filter(({ path, ...entry }) => {
        const expected = held.get(path);
        return expected === undefined || !sameEntry(expected, entry);
      });
      if (shown.length !== held.size || differing.length > 0)
        this.#problems.push(`W7 the mirror of ${mirror.path} is not the subtree`);
    }
    if (this.#mirrors[0]?.value('/good') !== 'still here')
      this.#problems.push('W10 the write of the good client is not shown');
    const closing = this.#good.close();
    await this.#clock.advance(10_000);
    await closing;
    return [...this.#problems, ...this.#judged.server.problems];
  }

  #socketOf(owner: string): Socket {
    const known = this.#sockets.get(owner);
    if (known?.isOpen) return known.socket;
    const opened = {
      isOpen: true,
      socket: this.#judged.network.opener(owner)('ws://server', {
        onOpen: () => {},
        onMessage: () => {},
        onClose: () => {
          opened.isOpen = false;
        },
      }),
    };
    this.#sockets.set(owner, opened);
    opened.socket.send('{"type":"hello","version":1}');
    return opened.socket;
  }

  #down(frame: string, isFull: boolean): void {
    const decoded = decodeDown(frame);
    if (!decoded.ok) this.#problems.push(`the server sent ${decoded.problem}`);
    else if (decoded.message.type === 'error' && decoded.message.code === 'internal')
      this.#problems.push(`an internal error: ${frame}`);
    else if (isFull && PUSHED.has(decoded.message.type))
      this.#problems.push(`W10 ${decoded.message.type} to a connection that takes no more`);
  }
}
