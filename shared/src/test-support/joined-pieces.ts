import { GOES_ON } from '../pieces.ts';

/** Puts the messages of one connection together that come in pieces. */
export class JoinedPieces {
  #begun = '';

  /** The whole message; `undefined`: it goes on. */
  take(frame: string): string | undefined {
    if (frame.startsWith(GOES_ON)) {
      this.#begun += frame.slice(GOES_ON.length);
      return undefined;
    }
    const message = this.#begun + frame;
    this.#begun = '';
    return message;
  }
}

/** The same for all connections, each by an object of its own. */
export class JoinedPiecesByLink {
  readonly #links = new WeakMap<object, JoinedPieces>();

  take(frame: string, link: object): string | undefined {
    const joined = this.#links.get(link) ?? new JoinedPieces();
    this.#links.set(link, joined);
    return joined.take(frame);
  }
}
