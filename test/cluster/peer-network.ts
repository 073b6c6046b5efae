import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../support/process.ts';

/** A connection between two members, by their ids; `from` is empty where the member that opened it did not say. */
interface Link {
  readonly to: number;
  from: string;
  readonly sockets: readonly [Socket, Socket];
}

/** What each request between members carries: the id of the one that sends it. */
const SENDER = /^x-server-from: *([0-9a-f]+)/im;

/** The ways between the members of a cluster. Each listens where others do not see it, and is reached through here. */
export class PeerNetwork {
  readonly #listeners: Server[] = [];
  readonly #links = new Set<Link>();
  /** The one that nobody reaches, and that reaches nobody. */
  #cut: { readonly id: string; readonly peerPort: number } | undefined;

  /** Opens a way to a member; returns the port that the others are to use. */
  async wayTo(peerPort: number): Promise<number> {
    const port = await freePort();
    const listener = createServer((socket) => this.#accept(socket, peerPort));
    this.#listeners.push(listener);
    await once(listener.listen(port, '127.0.0.1'), 'listening');
    return port;
  }

  cutOff(member: { readonly id: string; readonly peerPort: number }): void {
    this.#cut = member;
    for (const link of [...this.#links]) if (this.#isCut(link)) this.#end(link);
  }

  heal(): void {
    this.#cut = undefined;
  }

  async close(): Promise<void> {
    const closed = this.#listeners.map((listener) => once(listener.close(), 'close'));
    for (const link of [...this.#links]) this.#end(link);
    await Promise.all(closed);
  }

  #isCut({ from, to }: Link): boolean {
    if (this.#cut === undefined) return false;
    const { id, peerPort } = this.#cut;
    return to === peerPort || from === id || from === '';
  }

  #accept(socket: Socket, peerPort: number): void {
    const target = connect(peerPort, '127.0.0.1');
    const link: Link = { to: peerPort, from: '', sockets: [socket, target] };
    this.#links.add(link);
    for (const each of link.sockets) {
      each.setNoDelay(true).on('error', () => this.#end(link));
      each.on('close', () => this.#end(link));
    }
    socket.once('data', (chunk) => {
      link.from = SENDER.exec(chunk.toString('latin1'))?.[1] ?? '';
      if (this.#isCut(link)) return this.#end(link);
      target.write(chunk);
      socket.pipe(target);
      target.pipe(socket);
    });
  }

  #end(link: Link): void {
    this.#links.delete(link);
    for (const socket of link.sockets) socket.destroy();
  }
}
