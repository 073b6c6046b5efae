import { decodeDown, decodeUp } from '@confer/shared';
import type { Mirror } from '../../client/src/api.ts';
import { createClient } from '../../client/src/client.ts';
import type { Socket } from '../../client/src/socket.ts';
import { VirtualClock } from '../../client/src/test-support/virtual-clock.ts';
import type { ModelWrite } from '../model/model.ts';
import { sameEntry } from '../model/model.ts';
import { OperationHistory } from '../simulation/operation-history.ts';
import { ServerHost } from '../simulation/server-host.ts';
import { Network } from '../support/network.ts';
import { SeededRandom } from '../support/random.ts';
import { WireJudge } from '../validate/wire.ts';

const GOOD = 'good';
/** What a server begins by itself; answers to requests that were accepted may come any time. */
const PUSHED = new Set(['commits', 'snapshot', 'difference', 'heartbeat']);

/** One server, one good client with its mirrors, and connections that send whatever they like. */
export class Arena {
  readonly problems: string[] = [];
  readonly #clock = new VirtualClock();
  readonly #operationHistory = new OperationHistory();
  readonly #writes = new Map<string, ModelWrite>();
  readonly #network: Network;
  readonly #server: ServerHost;
  readonly #judge: WireJudge;
  readonly #sockets = new Map<string, { readonly socket: Socket; isOpen: boolean }>();
  readonly #mirrors: Mirror[] = [];
  readonly #good: ReturnType<typeof createClient>;
  #requests = 0;

  constructor() {
    const clock = this.#clock;
    const random = new SeededRandom(1);
    const network = new Network({
      clock,
      random,
      latencyMaxMs: 1,
      windowBytes: 2_000,
      onClientFrame: (frame, link) => this.#up(frame, link),
      onServerFrame: (frame, link, isFull) => this.#down(frame, link, isFull),
    });
    this.#network = network;
    this.#server = new ServerHost({
      clock,
      random,
      network,
      writes: this.#writes,
      operationHistory: this.#operationHistory,
      diskMaxMs: 2,
      busyMaxMs: 0,
    });
    this.#server.start();
    this.#judge = new WireJudge({
      histories: this.#server,
      compactedRevision: () => 0,
      onProblem: (problem) => this.problems.push(problem),
    });
    this.#good = createClient(
      ['http://server'],
      { onError: (error) => this.problems.push(`W10 the good client reports ${String(error)}`) },
      {
        openSocket: network.opener(GOOD),
        clock,
        random: random.next,
        newId: () => `${GOOD}-${++this.#requests}`,
      },
    );
  }

  /** The good client is there, and live. */
  async open(): Promise<void> {
    for (const path of ['/', '/a']) this.#mirrors.push(this.#good.mirror(path));
    await this.#clock.advance(1_000);
    for (const mirror of this.#mirrors)
      mirror.on('status', ({ to, reason }) => {
        if (to !== 'closed') this.problems.push(`W10 ${mirror.path} is ${to}: ${reason}`);
      });
  }

  send(owner: string, frame: string): void {
    this.#requests += 1;
    this.#socketOf(owner).send(frame.replace('"@"', `"bad-${this.#requests}"`));
  }

  pause(owner: string, isPaused: boolean): void {
    for (const link of this.#network.links) if (link.owner === owner) link.pause(isPaused);
  }

  cut(owner: string): void {
    for (const link of [...this.#network.links]) if (link.owner === owner) link.cut();
  }

  async advance(durationMs: number): Promise<void> {
    await this.#clock.advance(durationMs);
  }

  /** The good client goes on with its work, and shows it. */
  async finish(): Promise<readonly string[]> {
    // What is still under way may remove everything.
    await this.#clock.advance(1_000);
    const written = this.#good.set('/good', 'still here', { timeoutMs: 5_000 });
    written.catch((error) => this.problems.push(`W10 the good client cannot write: ${error}`));
    await this.#clock.advance(40_000);
    const { model } = this.#server;
    for (const mirror of this.#mirrors) {
      const held = model.subtreeAt(model.revision, mirror.path);
      const shown = mirror.list();
      const differing = shown.filter(({ path, ...entry }) => {
        const expected = held.get(path);
        return expected === undefined || !sameEntry(expected, entry);
      });
      if (shown.length !== held.size || differing.length > 0)
        this.problems.push(`W7 the mirror of ${mirror.path} is not the subtree`);
    }
    if (this.#mirrors[0]?.value('/good') !== 'still here')
      this.problems.push('W10 the write of the good client is not shown');
    const closing = this.#good.close();
    await this.#clock.advance(10_000);
    await closing;
    return [...this.problems, ...this.#server.problems];
  }

  #socketOf(owner: string): Socket {
    const known = this.#sockets.get(owner);
    if (known?.isOpen) return known.socket;
    const opened = {
      isOpen: true,
      socket: this.#network.opener(owner)('ws://server', {
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

  #up(frame: string, link: { readonly owner: string }): void {
    if (link.owner === GOOD) this.#judge.up(frame, link);
    const decoded = decodeUp(frame);
    if (!decoded.ok || decoded.message.type !== 'commit') return;
    this.#writes.set(decoded.message.requestId, decoded.message);
    this.#operationHistory.requestIds.add(decoded.message.requestId);
  }

  #down(frame: string, link: { readonly owner: string }, isFull: boolean): void {
    if (link.owner === GOOD) this.#judge.down(frame, link, isFull);
    const decoded = decodeDown(frame);
    if (!decoded.ok) this.problems.push(`the server sent ${decoded.problem}`);
    else if (decoded.message.type === 'error' && decoded.message.code === 'internal')
      this.problems.push(`an internal error: ${frame}`);
    else if (isFull && PUSHED.has(decoded.message.type))
      this.problems.push(`W10 ${decoded.message.type} to a connection that takes no more`);
  }
}
