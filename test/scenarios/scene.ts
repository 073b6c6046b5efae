import { type DownMessage, decodeDown } from '@confer/shared';
import type { Client, ClientOptions } from '../../client/src/api.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import type { ServerHost } from '../simulation/server-host.ts';
import { JudgedServer } from '../support/judged-server.ts';
import type { Link, Network } from '../support/network.ts';

/** A server, clients by name, and what a test lets happen to them. */
export class Scene {
  /** What the server sent, by client. */
  readonly sent = new Map<string, DownMessage[]>();
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly server: ServerHost;
  readonly #judged: JudgedServer;
  readonly #clients: Client[] = [];

  constructor({ windowBytes = 1_000_000, diskMaxMs = 0 } = {}) {
    this.#judged = new JudgedServer({
      random: new SeededRandom(1),
      latencyMaxMs: 1,
      windowBytes,
      diskMaxMs,
      busyMaxMs: 0,
      onServerFrame: (frame, link) => {
        const decoded = decodeDown(frame);
        if (decoded.ok) this.sentTo(link.owner).push(decoded.message);
      },
    });
    this.clock = this.#judged.clock;
    this.network = this.#judged.network;
    this.server = this.#judged.server;
    this.server.start();
  }

  client(name: string, options: ClientOptions = {}): Client {
    const client = this.#judged.client(name, options);
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
    return [...this.#judged.problems, ...this.server.problems];
  }
}
