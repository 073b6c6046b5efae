import { leaseNotFound, ProtocolError } from '@confer/shared';
import type { CooperativeSteps } from '../../cooperative-steps.ts';
import type { CommitOutcome, EngineOperation, WriteRequest } from '../../engine.ts';
import { withBranch } from '../../evaluate.ts';
import type { Barrier } from '../barrier.ts';
import type { HistoryLine } from '../epoch/epoch-guard.ts';
import type { AssemblyContext } from '../upstream/assemble.ts';
import type { RevisionWaiters } from '../waiting.ts';
import { type Verdict, verdictOn } from './branch-pins.ts';
import type { Settling } from './settling.ts';
import { type TxnOutcome, type TxnWrite, txnWriteOf } from './txn-write.ts';
import { removedBy, type Writing } from './write-plan.ts';

export interface JudgedLaneOptions {
  readonly state: AssemblyContext;
  readonly barrier: Barrier;
  readonly waiters: RevisionWaiters;
  readonly settling: Settling;
  /** Resolves once a revision is shown that another gateway has shown (W9), or when the time is over. */
  readonly reach: (revision: number, withinMs: number) => Promise<unknown>;
  readonly line: () => HistoryLine;
  readonly inTurns: <Result>(steps: CooperativeSteps<Result>) => Promise<Result>;
  /** What a request comes to where it does these operations. */
  readonly writingOf: (
    request: WriteRequest,
    operations: readonly EngineOperation[],
    otherwise: boolean,
  ) => Promise<Writing>;
}

/** What is to be made, by the state that it was judged by. */
interface Judged {
  readonly verdict: Verdict;
  readonly headRevision: number;
  /** Of the record that says that an earlier try was not made. */
  readonly voided: number;
}

interface Tried {
  readonly outcome: TxnOutcome;
  /** Missing where nothing was to be done but to write that down. */
  readonly deleted?: number;
  readonly writing: Writing;
  readonly verdict: Verdict;
}

/** Others write all the time; so often a write that is judged here is judged anew. */
const TRIES_MAX = 10;
const CURRENT_MS = 2_000;

/**
 * Makes what a transaction of etcd cannot judge by itself: it is judged by what is shown here, which is as new as the
 * cluster, and made if what decided it is so yet. Where it is not, that leaves a record that the request was not made
 * (`txn-write.ts`), and it is judged again.
 *
 * Also what comes to nothing, and a refusal, leave that record: 1. a try of the first branch is under way and nobody
 * hears of it; 2. the next one finds that a path is there, which must not be; 3. the path goes again, the first try
 * finds all as it was, and is made after its writer was told of something else.
 */
export class JudgedLane {
  readonly #options: JudgedLaneOptions;

  constructor(options: JudgedLaneOptions) {
    this.#options = options;
  }

  async make(request: WriteRequest): Promise<CommitOutcome> {
    let voided = 0;
    for (let tries = 0; tries <= TRIES_MAX; tries++) {
      const judged = await this.#judge(request);
      if (judged === undefined) continue;
      const { revision, otherwise, refusal } = judged.verdict;
      const nothing = withBranch({ revision, puts: 0, deletes: 0 }, otherwise);
      if (refusal === undefined && writesNothing(request)) return nothing;
      const tried = await this.#tryOrRefuse(request, { ...judged, voided });
      if (tried === undefined) continue;
      const { outcome, deleted, writing, verdict } = tried;
      if (outcome.kind === 'written') {
        if (verdict.refusal !== undefined) throw verdict.refusal;
        return deleted === undefined
          ? nothing
          : this.#options.settling.shown(writing, outcome.revision, deleted);
      }
      if (outcome.kind === 'made before') return this.#madeBefore(writing, outcome);
      voided = await this.#voidedBy(outcome, verdict);
    }
    throw new ProtocolError('unavailable', 'nothing was written: others write all the time');
  }

  /** A branch that is too large is a refusal like another: the other branch may have been made by an earlier try (S4). */
  async #tryOrRefuse(request: WriteRequest, judged: Judged): Promise<Tried | undefined> {
    const { verdict } = judged;
    const { operations, otherwise } = verdict;
    const { writingOf } = this.#options;
    try {
      return await this.#try(await writingOf(request, operations, otherwise), judged);
    } catch (error) {
      // safeguard: branch-that-is-too-large-is-looked-for
      if (!(error instanceof ProtocolError) || error.code !== 'too_large') throw error;
      const refused: Verdict = { ...verdict, refusal: error, pins: [], needsHead: false };
      const nothing = await writingOf(request, [], otherwise);
      return this.#try(nothing, { ...judged, verdict: refused });
    }
  }

  /** `undefined`: what it was judged by is gone meanwhile. */
  async #judge(request: WriteRequest): Promise<Omit<Judged, 'voided'> | undefined> {
    const { barrier, state, inTurns, reach } = this.#options;
    await barrier.pass();
    // safeguard: revision-of-another-gateway-is-waited-for
    await reach(newestOf(request), CURRENT_MS);
    const headRevision = state.sidecars.head.revision;
    const verdict = await inTurns(verdictOn(request, state.replica));
    const isWhole = headRevision <= verdict.revision;
    return isWhole && this.#isKept(verdict) ? { verdict, headRevision } : undefined;
  }

  #isKept({ revision }: Verdict): boolean {
    return this.#options.state.replica.compactedRevision <= revision;
  }

  /** `undefined`: what it was judged by is gone meanwhile. */
  async #try(
    writing: Writing,
    { verdict, headRevision, voided }: Judged,
  ): Promise<Tried | undefined> {
    const { state, settling, line, inTurns } = this.#options;
    const { plan } = writing;
    const { tree } = state.replica;
    const isPuts = plan.puts.length > 0;
    const removed = await inTurns(removedBy(plan, { tree, revision: verdict.revision }));
    if (!this.#isKept(verdict)) return undefined;
    const isNothing = verdict.refusal !== undefined || (!isPuts && removed.count === 0);
    const about = { line: line(), voided, pins: verdict.pins };
    const write: TxnWrite = txnWriteOf(writing, removed.hidden, state.keyspace, about);
    // safeguard: what-comes-to-nothing-is-written-down
    if (isNothing) return { outcome: await settling.void(write), writing, verdict };
    const held = verdict.needsHead ? { ...write, headRevision } : write;
    return { ...(await settling.send(held)), writing, verdict };
  }

  /** The branch that was made may be the other one. */
  async #madeBefore(
    writing: Writing,
    outcome: Extract<TxnOutcome, { kind: 'made before' }>,
  ): Promise<CommitOutcome> {
    const { request } = writing;
    const isOther = outcome.record.otherwise === true;
    const operations = isOther ? (request.otherwise ?? []) : request.operations;
    const made = await this.#options.writingOf(request, operations, isOther);
    return this.#options.settling.madeBefore(made, outcome);
  }

  async #voidedBy(
    outcome: Extract<TxnOutcome, { kind: 'void' | 'refused' }>,
    { needsHead }: Verdict,
  ): Promise<number> {
    const { settling, waiters } = this.#options;
    if (outcome.kind === 'void') return outcome.revision;
    if (outcome.lease !== undefined) throw leaseNotFound(outcome.lease);
    if (outcome.pin === undefined && !needsHead) throw settling.over();
    await waiters.wait(outcome.revision, CURRENT_MS);
    return outcome.voided;
  }
}

/** The newest revision that its conditions name of what they saw: of one that is not a commit, the head says nothing. */
function newestOf({ conditions }: WriteRequest): number {
  let newest = 0;
  for (const condition of conditions)
    if ('unchangedSince' in condition) newest = Math.max(newest, condition.unchangedSince);
  return newest;
}

/** Whatever becomes of it. */
function writesNothing({ operations, otherwise = [] }: WriteRequest): boolean {
  return operations.length === 0 && otherwise.length === 0;
}
