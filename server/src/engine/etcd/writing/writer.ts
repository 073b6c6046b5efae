import { type Clock, type Condition, leaseNotFound, ProtocolError } from '@confer/shared';
import { conflict } from '../../conditions.ts';
import { type CooperativeSteps, inTurns } from '../../cooperative-steps.ts';
import type { CommitOutcome, EngineOperation, EngineWrites, WriteRequest } from '../../engine.ts';
import { fingerprintOf } from '../../idempotency.ts';
import { heldOf } from '../../replica/states.ts';
import type { Barrier } from '../barrier.ts';
import type { Members } from '../client/members.ts';
import type { HistoryLine } from '../epoch/epoch-guard.ts';
import type { CommitRecord } from '../keyspace/commit-record.ts';
import type { AssemblyContext } from '../upstream/assemble.ts';
import { pause, type RevisionWaiters } from '../waiting.ts';
import { CONDITIONS_MAX, LEASES_MAX } from './etcd-limits.ts';
import { JudgedLane } from './judged-lane.ts';
import { PathGate } from './path-gate.ts';
import { requireSize, Settling } from './settling.ts';
import type { TxnSender } from './txn-sender.ts';
import { type Pin, type TxnOutcome, type TxnWrite, txnWriteOf } from './txn-write.ts';
import { planOf, removedBy, roughBytesOf, type Writing } from './write-plan.ts';

export interface WriterOptions {
  readonly state: AssemblyContext;
  readonly members: Members;
  readonly sender: TxnSender;
  readonly barrier: Barrier;
  readonly waiters: RevisionWaiters;
  readonly clock: Clock;
  readonly defer: (run: () => void) => void;
  /** Why nothing is written any more, once that is so. */
  readonly closed: () => string | undefined;
  /** Of the history that is written to. */
  readonly line: () => HistoryLine;
  /** Resolves once a revision is shown that another gateway has shown (W9), or when the time is over. */
  readonly reach: (revision: number, withinMs: number) => Promise<unknown>;
  /** What is shown is not what the cluster has: somebody has to look. */
  readonly onStrange: (reason: string) => void;
}

const CURRENT_MS = 2_000;
const LOOK_MS = 500;
/** Other tries of the same may say all the time that it was not made. */
const VOIDED_TRIES_MAX = 10;

/**
 * Makes commits in etcd. Each is one transaction that judges itself there, whatever this gateway knows; only what a
 * transaction cannot judge (branches, many conditions, and what they ask beside a modRevision) is judged by what is
 * shown here (`judged-lane.ts`).
 */
export class Writer implements EngineWrites {
  readonly #options: WriterOptions;
  readonly #settling: Settling;
  readonly #judged: JudgedLane;
  readonly #gate = new PathGate();
  readonly #pending = new Set<Promise<unknown>>();
  /** Of the last commit: times of one gateway do not run backwards. */
  #time = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    const settling = new Settling(options);
    this.#settling = settling;
    this.#judged = new JudgedLane({
      ...options,
      settling,
      inTurns: (steps) => this.#inTurns(steps),
      writingOf: (...what) => this.#writingOf(...what),
    });
  }

  commit(request: WriteRequest): Promise<CommitOutcome> {
    const outcome = this.#inOrder(request);
    this.#pending.add(outcome);
    const done = () => this.#pending.delete(outcome);
    outcome.then(done, done);
    return outcome;
  }

  /** Resolves when everything that was accepted is answered. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #inOrder(request: WriteRequest): Promise<CommitOutcome> {
    this.#requireOpen();
    const { turn, leave } = this.#gate.enter(request);
    try {
      if (turn !== undefined) await this.#waitFor(turn);
      return await this.#write(request);
    } finally {
      leave();
    }
  }

  /** One before it may take long to be decided; where there is no touch with the cluster, nobody waits for that. */
  async #waitFor(turn: Promise<void>): Promise<void> {
    const { clock } = this.#options;
    const isTurn = turn.then(() => true);
    while (!(await Promise.race([isTurn, pause(clock, LOOK_MS).then(() => false)])))
      this.#requireOpen();
  }

  async #write(request: WriteRequest): Promise<CommitOutcome> {
    const pins = pinsIn(request);
    if (pins === undefined) return this.#judged.make(request);
    const writing = await this.#writingOf(request, request.operations, false);
    const { plan } = writing;
    if (plan.cleared.length === 0 && plan.puts.length > 0) return this.#make(writing, [], pins);
    const { barrier, state } = this.#options;
    await barrier.pass();
    const removed = await this.#inTurns(removedBy(plan, state.replica));
    if (removed.count === 0 && plan.puts.length === 0) return this.#makeNothing(writing, pins);
    return this.#make(writing, removed.hidden, pins);
  }

  async #writingOf(
    request: WriteRequest,
    operations: readonly EngineOperation[],
    otherwise: boolean,
  ): Promise<Writing> {
    const plan = await this.#inTurns(planOf(operations));
    const { actor, note, cause } = request;
    const fingerprint = await this.#inTurns(fingerprintOf(request));
    this.#time = Math.max(this.#time, this.#options.clock.now());
    const record: CommitRecord = {
      actor,
      ...(note === undefined ? {} : { note }),
      time: this.#time,
      fingerprint,
      ...(cause === undefined ? {} : { cause }),
      ...(plan.cleared.length === 0 ? {} : { cleared: plan.cleared }),
      ...(otherwise ? { otherwise } : {}),
    };
    requireSize(roughBytesOf(plan));
    requireFew(plan.leases);
    return { request, plan, record };
  }

  /** Nothing is there to be removed: no commit is made, and that is written down, unless one was. */
  async #makeNothing(writing: Writing, pins: readonly Pin[]): Promise<CommitOutcome> {
    const { revision } = this.#options.state.replica;
    let write = this.#writeOf(writing, [], pins);
    for (let tries = 0; tries <= VOIDED_TRIES_MAX; tries++) {
      const outcome = await this.#settling.void(write);
      if (outcome.kind === 'written') break;
      if (outcome.kind === 'made before') return this.#settling.madeBefore(writing, outcome);
      if (outcome.kind === 'refused') throw await this.#refusal(outcome);
      write = { ...write, voided: outcome.revision };
    }
    return { revision, puts: 0, deletes: 0 };
  }

  async #make(
    writing: Writing,
    hidden: readonly string[],
    pins: readonly Pin[],
  ): Promise<CommitOutcome> {
    let write = this.#writeOf(writing, hidden, pins);
    for (let tries = 0; ; tries++) {
      const { outcome, deleted } = await this.#settling.send(write);
      switch (outcome.kind) {
        case 'written':
          return this.#settling.shown(writing, outcome.revision, deleted);
        case 'made before':
          return this.#settling.madeBefore(writing, outcome);
        case 'void':
          write = { ...write, voided: outcome.revision };
          break;
        case 'refused':
          throw await this.#refusal(outcome);
      }
      if (tries > VOIDED_TRIES_MAX)
        throw new ProtocolError('unavailable', 'nothing was written: others write all the time');
    }
  }

  #writeOf(writing: Writing, hidden: readonly string[], pins: readonly Pin[]): TxnWrite {
    const about = { line: this.#options.line(), voided: 0, pins };
    return txnWriteOf(writing, hidden, this.#options.state.keyspace, about);
  }

  async #refusal({
    pin,
    lease,
    revision,
  }: Extract<TxnOutcome, { kind: 'refused' }>): Promise<ProtocolError> {
    const { waiters, state } = this.#options;
    if (lease !== undefined) return leaseNotFound(lease);
    if (pin === undefined) return this.#settling.over();
    await waiters.wait(revision, CURRENT_MS);
    const { tree, compactedRevision } = state.replica;
    const at = Math.max(revision, compactedRevision);
    return conflict({ condition: pin, found: heldOf(tree.at(pin.path, at)) });
  }

  #requireOpen(): void {
    const reason = this.#options.closed();
    if (reason !== undefined)
      throw new ProtocolError('unavailable', `nothing was written: ${reason}`);
  }

  #inTurns<Result>(steps: CooperativeSteps<Result>): Promise<Result> {
    return inTurns(steps, this.#options.defer);
  }
}

function requireFew(leases: readonly string[]): void {
  if (leases.length > LEASES_MAX)
    throw new ProtocolError(
      'too_large',
      `on etcd a commit attaches entries to at most ${LEASES_MAX} leases; write it in parts`,
    );
}

/** The conditions of a write that etcd judges by itself; `undefined`: it is to be judged here. */
function pinsIn({ conditions, otherwise }: WriteRequest): readonly Pin[] | undefined {
  if (otherwise !== undefined || conditions.length > CONDITIONS_MAX) return undefined;
  return conditions.every(isPin) ? conditions : undefined;
}

function isPin(condition: Condition): condition is Pin {
  return 'modRevision' in condition;
}
