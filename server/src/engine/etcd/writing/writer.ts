import { type Clock, type Condition, leaseNotFound, ProtocolError } from '@confer/shared';
import { conflict, isMet } from '../../conditions.ts';
import { type CooperativeSteps, inTurns } from '../../cooperative-steps.ts';
import type { CommitOutcome, EngineWrites, WriteRequest } from '../../engine.ts';
import { outcomeOf as outcomeOfCommit } from '../../evaluate.ts';
import { anotherWrite, fingerprintOf } from '../../idempotency.ts';
import { commitAt } from '../../replica/commit-log.ts';
import { heldOf } from '../../replica/states.ts';
import type { Barrier } from '../barrier.ts';
import { sizeOf } from '../client/codec.ts';
import type { Members } from '../client/members.ts';
import type { HistoryLine } from '../epoch/epoch-guard.ts';
import type { CommitRecord } from '../keyspace/commit-record.ts';
import type { AssemblyContext } from '../upstream/assemble.ts';
import { pause, type RevisionWaiters } from '../waiting.ts';
import { CONDITIONS_MAX, LEASES_MAX, REQUEST_BYTES_MAX } from './etcd-limits.ts';
import { countDeleted } from './past-deletes.ts';
import { PathGate } from './path-gate.ts';
import { type Sounded, sound } from './sounding.ts';
import type { TxnSender } from './txn-sender.ts';
import { type TxnOutcome, type TxnWrite, txnOf, voidingTxn } from './txn-write.ts';
import { operationsOf, planOf, removedBy, roughBytesOf, type WritePlan } from './write-plan.ts';

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
  /** What is shown is not what the cluster has: somebody has to look. */
  readonly onStrange: (reason: string) => void;
}

/** A commit comes out of the feed within this, or its writer is not told that it did (W12). */
const SHOWN_MS = 30_000;
const CURRENT_MS = 2_000;
const LOOK_MS = 500;
/** Other gateways write all the time; so often a write that is judged here is judged anew. */
const JUDGED_TRIES_MAX = 10;

/** A write up to here fits for sure, whatever belongs to it: a character takes three bytes, and paths are short. */
const LARGE_BYTES = 256 * 1024;
const LARGE_OPERATIONS = 100;

/** A write, and what was found out about it. */
interface Writing {
  readonly request: WriteRequest;
  readonly plan: WritePlan;
  readonly record: CommitRecord;
}

/**
 * Makes commits in etcd. Each is one transaction that judges itself there, whatever this gateway knows; only what a
 * transaction cannot hold (many conditions) is judged by what is shown here, and made if nothing was written since.
 */
export class Writer implements EngineWrites {
  readonly #options: WriterOptions;
  readonly #gate = new PathGate();
  readonly #pending = new Set<Promise<unknown>>();
  /** Of the last commit: times of one gateway do not run backwards. */
  #time = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
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
    const plan = await this.#inTurns(planOf(request));
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
    };
    const writing = { request, plan, record };
    requireSize(roughBytesOf(plan));
    requireFew(plan.leases);
    if (plan.cleared.length === 0 && plan.puts.length > 0) return this.#make(writing, []);
    const { barrier, state } = this.#options;
    await barrier.pass();
    const removed = await this.#inTurns(removedBy(plan, state.replica));
    if (removed.count === 0 && plan.puts.length === 0) return this.#makeNothing(writing);
    return this.#make(writing, removed.hidden);
  }

  /** Nothing is there to be removed: no commit is made, and that is written down, unless one was. */
  async #makeNothing(writing: Writing): Promise<CommitOutcome> {
    const { request } = writing;
    const { revision } = this.#options.state.replica;
    if (request.conditions.length > CONDITIONS_MAX) this.#requireMet(request.conditions);
    let write = this.#writeOf(writing, []);
    for (let tries = 0; tries <= JUDGED_TRIES_MAX; tries++) {
      const { keyspace } = this.#options.state;
      const ways = { sender: this.#options.sender, keyspace };
      const { outcome } = await sound(voidingTxn(write, keyspace), write, ways);
      if (outcome.kind === 'written') break;
      if (outcome.kind === 'made before') return this.#madeBefore(writing, outcome);
      if (outcome.kind === 'refused') throw await this.#refusal(outcome);
      write = { ...write, voided: outcome.revision };
    }
    return { revision, puts: 0, deletes: 0 };
  }

  async #make(writing: Writing, hidden: readonly string[]): Promise<CommitOutcome> {
    let write = this.#writeOf(writing, hidden);
    const isJudgedHere = writing.request.conditions.length > CONDITIONS_MAX;
    for (let tries = 0; ; tries++) {
      if (isJudgedHere) write = await this.#judge(write, writing.request.conditions);
      const { outcome, deleted } = await this.#send(write);
      switch (outcome.kind) {
        case 'written':
          return this.#shown(writing, outcome.revision, deleted);
        case 'made before':
          return this.#madeBefore(writing, outcome);
        case 'void':
          write = { ...write, voided: outcome.revision };
          break;
        case 'refused':
          if (outcome.lease !== undefined) throw leaseNotFound(outcome.lease);
          if (outcome.condition !== undefined || !isJudgedHere) throw await this.#refusal(outcome);
          write = { ...write, voided: outcome.voided };
          break;
      }
      if (tries > JUDGED_TRIES_MAX)
        throw new ProtocolError('unavailable', 'nothing was written: others write all the time');
    }
  }

  #writeOf({ request, plan, record }: Writing, hidden: readonly string[]): TxnWrite {
    const { requestId, conditions } = request;
    const operations = operationsOf(plan, hidden, this.#options.state.keyspace);
    const blind = conditions.length <= CONDITIONS_MAX ? conditions : [];
    const isLarge = roughBytesOf(plan) > LARGE_BYTES || operations.length > LARGE_OPERATIONS;
    const line = this.#options.line();
    const { leases } = plan;
    return { requestId, record, operations, conditions: blind, leases, line, voided: 0, isLarge };
  }

  /** By what is shown here, which is as new as the cluster, and must be so yet when the commit is made. */
  async #judge(write: TxnWrite, conditions: readonly Condition[]): Promise<TxnWrite> {
    const { barrier, state } = this.#options;
    await barrier.pass();
    this.#requireMet(conditions);
    return { ...write, headRevision: state.sidecars.head.revision };
  }

  #requireMet(conditions: readonly Condition[]): void {
    const { tree, revision } = this.#options.state.replica;
    for (const condition of conditions) {
      const current = tree.at(condition.path, revision);
      if (!isMet(condition, current)) throw conflict(condition, heldOf(current));
    }
  }

  #send(write: TxnWrite): Promise<Sounded> {
    const { sender, state } = this.#options;
    const txn = txnOf(write, state.keyspace);
    if (txn === undefined)
      throw new ProtocolError('too_large', 'a commit of so many operations is too large for etcd');
    // To put a small one together only to measure it would cost every write as much again.
    if (write.isLarge) requireSize(sizeOf(txn));
    return sound(txn, write, { sender, keyspace: state.keyspace });
  }

  #madeBefore(
    writing: Writing,
    { record, revision }: Extract<TxnOutcome, { kind: 'made before' }>,
  ): Promise<CommitOutcome> {
    if (record.fingerprint !== writing.record.fingerprint) throw anotherWrite();
    return this.#shown(writing, revision, undefined);
  }

  /** The writer is told after the watches of this gateway (W12). `deleted`: keys, where that was said. */
  async #shown(
    { plan, request }: Writing,
    revision: number,
    deleted: number | undefined,
  ): Promise<CommitOutcome> {
    const { waiters, state, members, onStrange } = this.#options;
    // safeguard: write-is-answered-after-it-is-shown
    if (!(await waiters.wait(revision, SHOWN_MS)))
      throw new ProtocolError('outcome_unknown', 'it was written, and this server does not see it');
    const logged = commitAt(state.replica.log, revision);
    if (logged?.requestId === request.requestId) return outcomeOfCommit(logged.commit);
    if (logged !== undefined) {
      const reason = `another write is shown at revision ${revision}`;
      onStrange(reason);
      throw new ProtocolError('outcome_unknown', `it was written, and ${reason}`);
    }
    // Not in history any more, or nothing changed.
    const deletes = deleted ?? (await countDeleted(plan, revision, { members, state }));
    return { revision, puts: plan.puts.length, deletes };
  }

  async #refusal({
    condition,
    revision,
  }: Extract<TxnOutcome, { kind: 'refused' }>): Promise<ProtocolError> {
    const { waiters, state, onStrange } = this.#options;
    if (condition === undefined) {
      onStrange('the epoch key is another one');
      return new ProtocolError('unavailable', 'nothing was written: this history is over');
    }
    await waiters.wait(revision, CURRENT_MS);
    const { tree, compactedRevision } = state.replica;
    const at = Math.max(revision, compactedRevision);
    return conflict(condition, heldOf(tree.at(condition.path, at)));
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

function requireSize(bytes: number): void {
  if (bytes > REQUEST_BYTES_MAX)
    throw new ProtocolError(
      'too_large',
      `on etcd a commit is at most ${REQUEST_BYTES_MAX} bytes, and this one is larger; write it in parts`,
    );
}
