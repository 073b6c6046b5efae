import { ProtocolError, type Rejection } from '@confer/shared';

/** How far a program has come with the configuration below a path, as it said last. */
export interface Report {
  readonly applied: number | undefined;
  readonly rejected: Rejection | undefined;
}

/** All that are connected, in the order they came. */
export class Peers<Peer> {
  readonly #numbers = new Map<Peer, number>();
  #last = 0;

  add(peer: Peer): void {
    this.#numbers.set(peer, ++this.#last);
  }

  remove(peer: Peer): void {
    this.#numbers.delete(peer);
  }

  /** Those that came after the one of that number, each with its own. */
  *after(number: number): Iterable<readonly [peer: Peer, number: number]> {
    for (const numbered of this.#numbers) if (numbered[1] > number) yield numbered;
  }
}

/** Where a page goes on: behind the peer of that number. Throws `invalid_message` for what no page has named. */
export function peerNumber(after: string | undefined): number {
  if (after === undefined) return 0;
  if (/^[0-9]{1,15}$/.test(after)) return Number(after);
  throw new ProtocolError('invalid_message', 'after is what next of the page before was');
}
