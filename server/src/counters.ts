import { type ErrorCode, errorCodes, errorKind, type Verb, verbs } from '@confer/shared';

const plain = [
  'connectionsOpened',
  'connectionsClosed',
  /** Turned away before they were WebSockets: the server has all it may have. */
  'connectionsRefused.full',
  'connectionsRefused.handshakes',
  /** Too many waited of whom nobody knew yet whose they are. */
  'connectionsRefused.crowded',
  /** A page of a web origin that may not connect. */
  'connectionsRefused.origin',
  /** A name that the server does not go by. */
  'connectionsRefused.host',
  /** Headers that can be read in two ways, or a token in the address. */
  'connectionsRefused.request',
  /** A client certificate that names nobody. */
  'connectionsRefused.certificate',
  /** Why a connection was `silent`: no hello, no word, or nothing of what waits for it moved. */
  'helloTimeouts',
  'silentPeers',
  'stuckPeers',
  /** Frames that ended their connection: too large, no text, no message, or out of turn. */
  'framesRefused',
  'requestsTaken',
  /** Those that the watches were told of, whoever wrote them. */
  'commits',
  'changes',
  /** Each time that one was handed to a live watch. Those that are not live get frames of their own, about one a step. */
  'changesDelivered',
  'catchUpSteps',
  'watchesOpened',
  'watchesRefused',
  'watchesFellBehind',
  /** Of those that fell behind. */
  'watchesCaughtUp',
  /** State watches that were told `resync`, and event watches that ended with `compacted`. */
  'resyncs.compacted',
  'resyncs.epoch',
  'eventWatchesEnded.compacted',
  'eventWatchesEnded.epoch',
  /** Whose reader may not read them any more. */
  'watchesRevoked',
  /** Attempts to say who one is, over any connection. */
  'authFailures.unauthenticated',
  'authFailures.token_expired',
  'authFailures.unavailable',
  'authFailures.rate_limited',
] as const;

/** What is counted since the server started. A name with a dot is one of several of its kind. */
export type Counter =
  | (typeof plain)[number]
  /** By the server, with this code. */
  | `connectionsEnded.${ErrorCode}`
  /** Answered with this error. */
  | `requestsRefused.${ErrorCode}`
  /** Wanted by somebody without the right. */
  | `denied.${Verb}`;

/** Counts what happens, for whoever watches over the server. Each count is one addition, also of many at once. */
export class Counters {
  readonly #counts = new Map<Counter, number>();

  constructor() {
    for (const name of plain) this.#counts.set(name, 0);
    for (const verb of verbs) this.#counts.set(`denied.${verb}`, 0);
    for (const code of errorCodes) {
      const endsConnection = errorKind(code).closeCode !== undefined;
      const endsWithoutOne = code === 'internal' || code === 'damaged';
      if (endsConnection || endsWithoutOne) this.#counts.set(`connectionsEnded.${code}`, 0);
      // Also those that end a WebSocket: over HTTP they are answers.
      this.#counts.set(`requestsRefused.${code}`, 0);
    }
  }

  count(name: Counter, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** The counts as they are now, under names that stay. */
  read(): Readonly<Record<string, number>> {
    return Object.freeze(Object.fromEntries(this.#counts));
  }
}
