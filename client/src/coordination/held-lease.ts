import type { WaitOptions } from '../api.ts';
import { Emitter } from '../delivery/emitter.ts';
import type { ListenerQueue } from '../delivery/listener-queue.ts';
import { ConferError } from '../errors.ts';
import type { Lease, LeaseEvents, LeaseLoss, LeaseLostEvent, LeaseStatus } from './api.ts';
import type { Moment, Stopwatch } from './stopwatch.ts';

type State =
  /** When the keep-alive that was confirmed last had not been sent yet: the server counts from a later time. */
  | { readonly kind: 'held'; readonly confirmed: Moment }
  | { readonly kind: 'lost'; readonly loss: LeaseLostEvent }
  | { readonly kind: 'revoked' };

export interface HeldLeaseParts {
  readonly id: string;
  readonly ttlMs: number;
  readonly stopwatch: Stopwatch;
  readonly listeners: ListenerQueue;
  /** It is held no more. */
  readonly onOver: (lease: HeldLease) => void;
  readonly revoke: (options: WaitOptions | undefined) => ReturnType<Lease['revoke']>;
  readonly report: (error: unknown) => void;
}

/** A tenth of a TTL, and of a long one so much: what a holder has to stop what it does by the right of it. */
const MARGIN_MS = 500;
/** Clocks that measure the same time differ by a few ten thousandths. */
const DRIFT = 0.001;

/** How long after a confirmation a lease is surely held. */
export function sureForMs(ttlMs: number): number {
  return ttlMs - Math.min(ttlMs / 10, MARGIN_MS + ttlMs * DRIFT);
}

const lossMessages: Readonly<Record<LeaseLoss, string>> = {
  unconfirmed: 'no server has confirmed it in time, and it may end any moment',
  over: 'the server has ended it, or this client may not keep it any more',
  closed: 'the client that kept it alive is closed',
};

/** A lease, as its holder sees it. */
export class HeldLease implements Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly #with: HeldLeaseParts;
  readonly #abort = new AbortController();
  readonly #events: Emitter<LeaseEvents>;
  #state: State;

  constructor(parts: HeldLeaseParts, confirmed: Moment) {
    this.id = parts.id;
    this.ttlMs = parts.ttlMs;
    this.#with = parts;
    this.#events = new Emitter(parts.listeners, 'lost');
    this.#state = { kind: 'held', confirmed };
  }

  get status(): LeaseStatus {
    this.look();
    return this.#state.kind;
  }

  get heldForMs(): number {
    return Math.max(0, this.#leftMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get loss(): LeaseLostEvent | undefined {
    this.look();
    return this.#state.kind === 'lost' ? this.#state.loss : undefined;
  }

  on<Name extends keyof LeaseEvents>(
    event: Name,
    listener: (event: LeaseEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  async revoke(options?: WaitOptions): ReturnType<Lease['revoke']> {
    this.#become({ kind: 'revoked' }, 'it was revoked by its holder');
    return this.#with.revoke(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.kind === 'revoked') return;
    // Where it fails, the lease ends by itself, and who leaves a block has nothing to do about it.
    await this.revoke().catch(this.#with.report);
  }

  /** Whether it is held, by the time that it is now. */
  look(): boolean {
    // safeguard: lease-is-lost-in-time
    if (this.#state.kind === 'held' && this.#leftMs <= 0) this.lose('unconfirmed');
    return this.#state.kind === 'held';
  }

  /** A server has confirmed what was asked after that moment. */
  confirm(asked: Moment): void {
    const { stopwatch } = this.#with;
    if (this.#state.kind !== 'held') return;
    if (stopwatch.since(asked) < stopwatch.since(this.#state.confirmed))
      this.#state = { kind: 'held', confirmed: asked };
    this.look();
  }

  lose(reason: LeaseLoss): void {
    const message = `the lease ${this.id} is lost: ${lossMessages[reason]}`;
    const loss = { reason, message };
    if (this.#become({ kind: 'lost', loss }, message)) this.#events.emit('lost', loss);
  }

  get #leftMs(): number {
    if (this.#state.kind !== 'held') return 0;
    return sureForMs(this.ttlMs) - this.#with.stopwatch.since(this.#state.confirmed);
  }

  /** Only what is held becomes something else. */
  #become(state: Exclude<State, { kind: 'held' }>, why: string): boolean {
    if (this.#state.kind !== 'held') {
      // Whoever gives up what is lost has given it up.
      if (state.kind === 'revoked') this.#state = state;
      return false;
    }
    this.#state = state;
    this.#with.onOver(this);
    this.#abort.abort(new ConferError('lease_lost', why));
    return true;
  }
}
