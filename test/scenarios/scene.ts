import { type DownMessage, decodeDown } from '@confer/shared';
import type { Client, ClientOptions } from '../../client/src/api.ts';
import { createClient } from '../../client/src/client.ts';
import { VirtualClock } from '../../client/src/test-support/virtual-clock.ts';
import type { ModelWrite } from '../model/model.ts';
import { OperationHistory } from '../simulation/operation-history.ts';
import { ServerHost } from '../simulation/server-host.ts';
import { type Link, Network } from '../support/network.ts';
import { SeededRandom } from '../support/random.ts';
import { WireJudge } from '../validate/wire.ts';

/** A server, clients by name, and what a test lets happen to them. Every frame and commit is judged. */
export class Scene {
  readonly clock = new VirtualClock();
  readonly network: Network;
  readonly server: ServerHost;
  /** What the server sent, by client. */
  readonly sent = new Map<string, DownMessage[]>();
  readonly #operationHistory = new OperationHistory();
  readonly #writes = new Map<string, ModelWrite>();
  readonly #problems: string[] = [];
  readonly #clients: Client[] = [];
  readonly #random = new SeededRandom(1);
  #ids = 0;

  constructor({ windowBytes = 1_000_000, diskMaxMs = 0 } = {}) {
    const clock = this.clock;
    const random = this.#random;
    this.network = new Network({
      clock,
      random,
      latencyMaxMs: 1,
      windowBytes,
      onClientFrame: (frame, link) => {
        const message = wire.up(frame, link);
        if (message?.type === 'commit') this.#writes.set(message.requestId, message);
      },
      onServerFrame: (frame, link, isFull) => {
        wire.down(frame, link, isFull);
        const decoded = decodeDown(frame);
        if (decoded.ok) this.sentTo(link.owner).push(decoded.message);
      },
    });
    this.server = new ServerHost({
      clock,
      random,
      network: this.network,
      writes: this.#writes,
      operationHistory: this.#operationHistory,
      diskMaxMs,
      busyMaxMs: 0,
    });
    const wire = new WireJudge({
      histories: this.server,
      compactedRevision: () => this.server.compactedRevision,
      onProblem: (problem) => this.#problems.push(problem),
    });
    this.server.start();
  }

  client(name: string, options: ClientOptions = {}): Client {
    const client = createClient(
      ['http://server'],
      { onError: (error) => this.#problems.push(String(error)), ...options },
      {
        openSocket: this.network.opener(name),
        clock: this.clock,
        random: this.#random.next,
        newId: () => {
          const id = `${name}-${++this.#ids}`;
          this.#operationHistory.requestIds.add(id);
          return id;
        },
      },
    );
    this.#clients.push(client);
    return client;
  }

  sentTo(name: string): DownMessage[] {
    const sent = this.sent.get(name) ?? [];
    this.sent.set(name, sent);
    return sent;
  }

  /** Every connection of the client, as it is now. */
  links(name: string): Link[] {
    return [...this.network.links].filter(({ owner }) => owner === name);
  }

  /** Lets time pass until a promise is settled and all others know, and gives what came of it. */
  async settled<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.clock.until(() => isSettled, withinMs);
    await this.clock.advance(10);
    if (!isSettled) throw new Error(`nothing came of it within ${withinMs} ms`);
    return promise;
  }

  /** Ends it all; what was wrong on the way. */
  async end(): Promise<readonly string[]> {
    this.server.thaw();
    const closing = this.#clients.map((client) => client.close());
    await this.clock.advance(10_000);
    await Promise.all(closing);
    return [...this.#problems, ...this.server.problems];
  }
}
