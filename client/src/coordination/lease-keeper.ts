import { leaseLimits, type Reply, type Timer } from '@confer/shared';
import type { Client } from '../api.ts';
import { ConferError } from '../errors.ts';
import { errorOfReply } from '../make-error.ts';
import type { ClientContext } from '../watch/context.ts';
import type { HeldLease } from './held-lease.ts';
import { type Moment, Stopwatch } from './stopwatch.ts';

/** Two keep-alives may be lost, and the third still comes in time. */
const KEPT_PER_TTL = 3;
/** What is due a little later goes along. */
const TOGETHER = 0.5;

interface Kept {
  readonly lease: HeldLease;
  /** When it was asked for last. */
  asked: Moment;
  isAnswered: boolean;
}

/**
 * Keeps all leases of a client alive, by one message a while for all of them. A keep-alive is about a connection alone:
 * with that it is forgotten, and the next one begins with another.
 */
export class LeaseKeeper {
  readonly stopwatch: Stopwatch;
  readonly #client: Pick<Client, 'status' | 'on' | 'checkNow'>;
  readonly #context: ClientContext;
  /** By holder: one lease may have several here, of which each is told when it is lost. */
  readonly #kept = new Map<HeldLease, Kept>();
  #timer: Timer | undefined;
  #off: (() => void) | undefined;

  constructor(client: Pick<Client, 'status' | 'on' | 'checkNow'>, context: ClientContext) {
    this.#client = client;
    this.#context = context;
    this.stopwatch = new Stopwatch(context.clock, context.uptimeMs);
  }

  /** From now on. `asked`: before it was confirmed. */
  keep(lease: HeldLease, asked: Moment): void {
    this.#kept.set(lease, { lease, asked, isAnswered: true });
    this.#off ??= this.#client.on('status', () => this.#onStatus());
    this.#work();
  }

  forget(lease: HeldLease): void {
    this.#kept.delete(lease);
    if (this.#kept.size > 0) return;
    this.#timer?.cancel();
    this.#off?.();
    this.#off = undefined;
  }

  #onStatus(): void {
    const { kind } = this.#client.status;
    if (kind === 'closed') for (const { lease } of [...this.#kept.values()]) lease.lose('closed');
    // What was asked over the connection before will not be answered.
    else if (kind === 'open') this.#ask([...this.#kept.values()]);
    this.#work();
  }

  /** Does what is due, and waits for what is due next. */
  #work(): void {
    this.#timer?.cancel();
    const there = [...this.#kept.values()].filter(({ lease }) => lease.look());
    if (there.length === 0) return;
    const due = there.filter((kept) => this.#dueInMs(kept) <= 0);
    // The link may have died in silence, which heartbeats show later than a lease has time for.
    // safeguard: unanswered-keep-alive-looks-at-the-link
    if (due.some(({ isAnswered }) => !isAnswered)) this.#client.checkNow();
    if (due.length > 0)
      this.#ask(there.filter((kept) => this.#dueInMs(kept) <= everyMs(kept) * TOGETHER));
    const nextMs = there.map((kept) => {
      const dueMs = this.#dueInMs(kept);
      return Math.min(kept.lease.heldForMs, dueMs > 0 ? dueMs : everyMs(kept));
    });
    this.#timer = this.#context.clock.setTimer(Math.ceil(least(nextMs)), () => this.#work());
  }

  #dueInMs(kept: Kept): number {
    return everyMs(kept) - this.stopwatch.since(kept.asked);
  }

  #ask(due: readonly Kept[]): void {
    if (this.#client.status.kind !== 'open') return;
    const there = due.filter(({ lease }) => lease.look());
    for (let from = 0; from < there.length; from += leaseLimits.keptMax) {
      const some = there.slice(from, from + leaseLimits.keptMax);
      const asked = this.stopwatch.now();
      for (const kept of some) {
        kept.asked = asked;
        kept.isAnswered = false;
      }
      const leases = some.map(({ lease }) => lease.id);
      this.#context.requests.tell(
        (id) => ({ type: 'keepAlive', id, leases }),
        (reply) => this.#answered(some, asked, reply),
      );
    }
  }

  #answered(some: readonly Kept[], asked: Moment, reply: Reply): void {
    // Whatever is wrong may be right again before the time is over.
    if (reply.type === 'error') this.#context.report(errorOfReply(reply));
    if (reply.type !== 'leases') return;
    for (const one of some) one.isAnswered = true;
    const ttls = new Map(reply.leases.map(({ lease, ttlMs }) => [lease, ttlMs]));
    for (const { lease } of some) {
      const ttlMs = ttls.get(lease.id);
      if (ttlMs === undefined) lease.lose('over');
      // Its holder would be sure for too long: nothing is confirmed.
      else if (ttlMs < lease.ttlMs) this.#context.report(shortened(lease, ttlMs));
      else {
        // safeguard: lease-counts-from-asking
        lease.confirm(asked);
      }
    }
    this.#work();
  }
}

function shortened({ id, ttlMs }: HeldLease, keptMs: number): ConferError {
  return new ConferError(
    'bad_message',
    `the server keeps the lease ${id} for ${keptMs} ms, and granted it for ${ttlMs}`,
  );
}

function everyMs({ lease }: Kept): number {
  return lease.ttlMs / KEPT_PER_TTL;
}

/** Without spreading: there may be very many. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
