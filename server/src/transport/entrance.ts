import { Doorway } from './doorway.ts';
import type { Place } from './gate.ts';
import { crowded, full, type HttpAnswer, notAccepting, refusalOf } from './http.ts';
import type { RequestHead } from './request-head.ts';
import type { ListenOptions } from './transport.ts';

/** A request to become a WebSocket that may become one, and what its library does with it. */
export interface Applicant {
  /** Of the client, behind a trusted proxy what that says. */
  readonly address: string;
  /** As `Caller.enter`. */
  upgrade(leave: () => void): () => void;
  respond(answer: HttpAnswer): void;
}

const NOTHING = () => {};

/** How requests of a listener become WebSockets: judged as they come, and once more when it is their turn. */
export class Entrance {
  readonly #options: ListenOptions;
  readonly #open: () => number;
  readonly #doorway: Doorway;
  #phase: 'open' | 'stopped' = 'open';

  /** `open` counts the connections that stay: WebSockets, and exchanges that wait for their answer. */
  constructor(options: ListenOptions, open: () => number) {
    this.#options = options;
    this.#open = open;
    this.#doorway = new Doorway(options.clock, options);
  }

  get isStopped(): boolean {
    return this.#phase === 'stopped';
  }

  /** Why a request is turned down; nothing where it may ask to come in. */
  refusalOf(head: RequestHead, peer: string, place: Place): HttpAnswer | undefined {
    if (this.isStopped) return notAccepting;
    return refusalOf(head, peer, place, this.#options) ?? this.#refusalNow();
  }

  /** Upgrades, or answers: now or later. Returns what to call where the connection is gone before. */
  ask(applicant: Applicant): () => void {
    return this.#doorway.knock({
      address: applicant.address,
      enter: (leave) => {
        // While it waited, others came in.
        const refusal = this.#refusalNow();
        // safeguard: room-is-judged-when-it-is-their-turn
        if (refusal === undefined) return applicant.upgrade(leave);
        leave();
        applicant.respond(refusal);
        return NOTHING;
      },
      refuse: () => {
        if (!this.isStopped) this.#options.onRefused('crowded');
        applicant.respond(this.isStopped ? notAccepting : crowded);
      },
    });
  }

  /** Lets nobody in any more. */
  stop(): void {
    this.#phase = 'stopped';
    this.#doorway.close();
  }

  /** Whether so many more may stay; if not, that is counted. */
  hasRoomFor(more: 0 | 1): boolean {
    if (this.#open() + more <= this.#options.connectionsMax) return true;
    this.#options.onRefused('full');
    return false;
  }

  #refusalNow(): HttpAnswer | undefined {
    return this.hasRoomFor(1) ? undefined : full;
  }
}
