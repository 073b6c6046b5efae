import { type Clock, ProtocolError } from '@confer/shared';
import type { EngineMeasures } from '../../measures.ts';
import { atOnce, type CooperativeSteps, inTurns } from '../cooperative-steps.ts';
import type { CommitOutcome, EngineCommit, WriteRequest } from '../engine.ts';
import {
  type Base,
  evaluate,
  type Judgement,
  type Naming,
  type Unchanged,
  withBranch,
} from '../evaluate.ts';
import { anotherWrite, fingerprintOf, type RecordedWrite } from '../idempotency.ts';
import type { Pending } from '../pending.ts';
import { restOf } from '../tree-range.ts';
import { type Progress, writeCommit } from './commit-rows.ts';
import { failureOf, reasonOf, refusalOf } from './errors.ts';
import { fetchReplaced } from './historical-reads.ts';
import { type IdempotencyWindow, recordRequests } from './idempotency-window.ts';
import { heldNow } from './reads.ts';
import { LazyEntryRow } from './row-codec.ts';
import { WriteFailure } from './storage.ts';
import type { ReadTables, WriteTables } from './tables.ts';
import { isTouched } from './touched.ts';
import { isFreeing, WriteBatch } from './write-batch.ts';

/** What the writes work on. */
export interface WriteContext {
  /** What can be read while nothing is written. */
  readonly tables: ReadTables;
  readonly clock: Clock;
  readonly requests: IdempotencyWindow;
  /** Milliseconds that this process has run. */
  readonly uptimeMs: () => number;
  readonly measures: EngineMeasures;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  /** Runs a transaction, and `written` before the next one. `isFreeing`: it makes room in the end. */
  readonly transaction: <Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
    written: (result: Result) => void,
    isFreeing: boolean,
  ) => Promise<Result>;
  /** What the engine shows: the newest that is durable and came out of the feed. */
  readonly visible: () => Progress;
  readonly compactedRevision: () => number;
  readonly tombstoneFloor: () => number;
  /** Takes what became durable together, before any of its writers is answered. */
  readonly onCommitted: (commits: readonly EngineCommit[], progress: Progress) => void;
}

/**
 * Takes requests, and writes those that came in one turn of the event loop with one transaction, so
 * that many writers share one sync of the disk (S1).
 *
 * 1. Requests wait until the transaction before them has ended.
 * 2. A transaction begins. Each request is judged against what it holds by then, and what it makes is
 *    written into it. A request that is refused writes nothing. One that is large has a transaction
 *    to itself, over several turns.
 * 3. The transaction is on the disk: the feed gets its commits, then all writers get their answers. A
 *    refusal may speak of a commit before it in the same transaction, so it waits as well.
 * 4. Or it could not be stored. Then nothing of it is there, and each of its writers is told so.
 */
export class Writes {
  readonly #context: WriteContext;
  #queue: Pending[] = [];
  #isDeferred = false;
  #isWriting = false;
  #onIdle: (() => void)[] = [];
  /** By request id, writes of which nobody knows whether they are on the disk: the next start does. */
  readonly #unknown = new Map<string, ProtocolError>();

  constructor(context: WriteContext) {
    this.#context = context;
  }

  commit(request: WriteRequest): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#writeSoon();
    });
  }

  /**
   * Answers a request that is not even tried. `refusal` says that nothing was written, and that must be
   * true of a request that is sent again, too: it may have been made before (S4).
   */
  refused(request: WriteRequest, refusal: ProtocolError): Promise<CommitOutcome> {
    // safeguard: refused-request-was-not-made-before
    const known = this.#knownOrUnknown(request);
    if (known instanceof ProtocolError) return Promise.reject(known);
    return known === undefined ? Promise.reject(refusal) : Promise.resolve(known);
  }

  /** Resolves when all that was accepted is answered. */
  drained(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #isIdle(): boolean {
    return !this.#isWriting && this.#queue.length === 0;
  }

  /** In a turn of its own, so that all that is read from sockets in this one goes along. */
  #writeSoon(): void {
    if (this.#isDeferred || this.#isWriting || this.#queue.length === 0) return;
    this.#isDeferred = true;
    this.#context.defer(() => {
      this.#isDeferred = false;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    const turn = new WriteBatch();
    this.#queue = turn.take(this.#queue);
    try {
      // safeguard: answer-comes-after-the-disk
      await this.#context.transaction(
        (tables) => this.#judgeAll(turn, tables),
        (progress) => this.#written(turn, progress),
        turn.isFreeing,
      );
      turn.answer();
    } catch (error) {
      this.#failed(turn, error);
    }
    this.#isWriting = false;
    this.#writeAfterAnswers();
    if (this.#isIdle) for (const wake of this.#onIdle.splice(0)) wake();
  }

  /**
   * The answers go out first, and what their writers ask next may join: 64 writers who wait for each other
   * in two halves would have twice as many transactions, each with a sync of its own.
   */
  #writeAfterAnswers(): void {
    this.#context.defer(() => this.#writeSoon());
  }

  #written({ outcomes, commits, judgedMs }: WriteBatch, progress: Progress): void {
    const { measures, uptimeMs } = this.#context;
    if (commits.length > 0) measures.durable(uptimeMs() - judgedMs);
    for (const [requestId, { outcome }] of outcomes)
      this.#context.requests.add(requestId, outcome.revision);
    if (commits.length > 0) this.#context.onCommitted(commits, progress);
  }

  /** On a full disk, what makes room is tried by itself before it is refused. */
  #failed(turn: WriteBatch, error: unknown): void {
    const failure = failureOf(error);
    // safeguard: unknown-outcome-is-remembered
    if (error instanceof WriteFailure && error.outcome === 'unknown')
      for (const { request } of turn.taken) this.#unknown.set(request.requestId, failure);
    const isWorthATry = error instanceof WriteFailure && error.isFull && !turn.isFreeing;
    const again = isWorthATry ? turn.taken.filter(isFreeing) : [];
    for (const pending of turn.taken)
      if (!again.includes(pending))
        this.refused(pending.request, failure).then(pending.resolve, pending.reject);
    this.#queue = again.concat(this.#queue);
  }

  #knownOrUnknown(request: WriteRequest): CommitOutcome | ProtocolError | undefined {
    try {
      const known = this.#known(request, this.#context.tables);
      return known?.outcome ?? this.#unknown.get(request.requestId);
    } catch (error) {
      const reason = `whether it was made before cannot be read: ${reasonOf(error)}`;
      return new ProtocolError('outcome_unknown', reason);
    }
  }

  #judgeAll(turn: WriteBatch, tables: WriteTables): Progress | Promise<Progress> {
    turn.begin();
    const steps = this.#steps(turn, tables);
    return turn.isLarge ? inTurns(steps, this.#context.defer) : atOnce(steps);
  }

  *#steps(turn: WriteBatch, tables: WriteTables): CooperativeSteps<Progress> {
    let progress = this.#context.visible();
    for (const pending of turn.taken) {
      const { request } = pending;
      const fingerprint = yield* fingerprintOf(request);
      // safeguard: request-is-made-once
      const known = turn.outcomes.get(request.requestId) ?? this.#known(request, tables);
      if (known !== undefined) {
        turn.decide(pending, known.fingerprint === fingerprint ? known.outcome : anotherWrite());
        continue;
      }
      let judged: Judgement<LazyEntryRow> | Unchanged;
      try {
        const naming = this.#namingAfter(progress);
        judged = yield* evaluate(request, this.#baseOf(tables, naming), naming);
      } catch (error) {
        // Nothing of a request is written before it is judged, so one that is refused leaves nothing.
        turn.decide(pending, refusalOf(error));
        continue;
      }
      if (judged.commit === undefined) {
        const nothing = { revision: progress.revision, puts: 0, deletes: 0 };
        turn.decide(pending, withBranch(nothing, judged.otherwise));
        continue;
      }
      const so = { far: progress, compactedRevision: this.#context.compactedRevision() };
      const written = yield* writeCommit(tables, judged, so);
      progress = written.progress;
      turn.made(pending, judged.commit, { outcome: written.outcome, fingerprint });
    }
    recordRequests(tables, turn.outcomes, progress);
    turn.judgedMs = this.#context.uptimeMs();
    return progress;
  }

  /** Times of commits never run backwards, whatever the clock of the machine does. */
  #namingAfter({ revision, time }: Progress): Naming {
    return { revision: revision + 1, time: Math.max(time, this.#context.clock.now()) };
  }

  /** What a commit is judged against. */
  #baseOf(written: WriteTables, { revision }: Naming): Base<LazyEntryRow> {
    const { tables: shown, compactedRevision, tombstoneFloor } = this.#context;
    const fetch = fetchReplaced(revision, { written, shown }, compactedRevision);
    return {
      read: (path) => heldNow(written, path, fetch),
      isTouched: (asked, pace) => {
        const [compacted, floor] = [compactedRevision(), tombstoneFloor()];
        const known = {
          revision: revision - 1,
          compactedRevision: compacted,
          tombstoneFloor: floor,
        };
        return isTouched(written, known, asked, pace);
      },
      *scanSubtree(subtree, after) {
        const { from, to } = restOf(subtree, after);
        for (const { key, value } of written.entries.rows({ start: from, end: to }))
          yield new LazyEntryRow(key, value, fetch);
      },
    };
  }

  #known({ requestId }: WriteRequest, tables: ReadTables): RecordedWrite | undefined {
    return this.#context.requests.outcomeOf(requestId, tables);
  }
}
