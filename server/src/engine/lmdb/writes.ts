import { type Clock, ProtocolError } from '@confer/shared';
import type { CommitOutcome, CommitRequest, MadeCommit } from '../engine.ts';
import { type Base, evaluate, evaluateSingle, isSingle, type SingleRequest } from '../evaluate.ts';
import type { Pending } from '../pending.ts';
import type { Steps } from '../steps.ts';
import { Batch } from './batch.ts';
import type { CommitLog } from './commit-log.ts';
import type { Tables } from './layout.ts';
import {
  type LoggedCommit,
  type LogRow,
  type Measure,
  measured,
  NOTHING_MEASURED,
  ROW_CHARACTERS,
  rowsOfCommit,
} from './log.ts';
import { newestState, requestAt } from './reads.ts';
import type { RequestIndex } from './request-index.ts';
import type { Progress } from './storage.ts';
import type { Unsettled } from './unsettled.ts';

/** What the writes work on. */
export interface WriteContext {
  readonly tables: Tables;
  readonly log: Pick<CommitLog, 'append'>;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  readonly clock: Clock;
  readonly unsettled: Unsettled;
  readonly requests: RequestIndex;
  /** What the engine shows: the newest that is durable and came out of the feed. */
  readonly shown: () => Progress;
  /** Takes what became durable together, before any of its writers is answered. */
  readonly onDurable: (commits: readonly MadeCommit[], progress: Progress) => void;
  /** Resolves when more may be judged: there is a bound to what is not settled. */
  readonly room: () => Promise<void> | undefined;
}

/**
 * Judges requests as they come and writes what they make in the background, so that many writers
 * share one sync of the disk (S1).
 *
 * 1. A request is judged at once, against what is stored and, over it, what was judged before. It
 *    goes into the open batch. A large one is judged over several turns, and all behind it wait.
 * 2. When no batch is on its way to the disk, the open one goes, at the end of the turn; all that is
 *    judged meanwhile is the next one.
 * 3. The batch is on the disk: the feed gets its commits, then its writers their answers. A refusal
 *    may speak of a commit before it in the same batch or in the one before, so it waits as well.
 * 4. Or it could not be stored. Then everything that was judged is refused, also what is in the open
 *    batch or half judged, because it was judged against what did not come to be.
 */
export class Writes {
  readonly #context: WriteContext;
  #queue: Pending[] = [];
  #judging: Pending | undefined;
  #newest: Progress;
  #open = new Batch();
  #inFlight: Batch | undefined;
  #isDeferred = false;
  readonly #base: Base;
  #onIdle: (() => void)[] = [];

  constructor(context: WriteContext) {
    this.#context = context;
    this.#newest = context.shown();
    this.#base = newestState(context.tables, context.unsettled);
  }

  commit(request: CommitRequest): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      const pending = { request, resolve, reject };
      if (this.#judging === undefined) this.#begin(pending);
      else this.#queue.push(pending);
    });
  }

  /** Resolves when all that was accepted is answered. */
  settled(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#judging === undefined && this.#inFlight === undefined && this.#open.isEmpty;
  }

  #begin(pending: Pending): void {
    const { request } = pending;
    const room = this.#context.room();
    if (room === undefined && isSingle(request)) {
      try {
        this.#answer(pending, this.#judgeSingle(request));
      } catch (error) {
        this.#refuse(pending, error);
      }
      this.#submitSoon();
      return;
    }
    this.#judging = pending;
    const steps = this.#judge(request);
    if (room === undefined) this.#goOn(pending, steps);
    else void room.then(() => this.#goOn(pending, steps));
  }

  #goOn(pending: Pending, steps: Steps<CommitOutcome>): void {
    if (this.#judging !== pending) return;
    try {
      const step = steps.next();
      if (step.done !== true) {
        this.#context.defer(() => this.#goOn(pending, steps));
        return;
      }
      this.#answer(pending, step.value);
    } catch (error) {
      this.#refuse(pending, error);
    }
    this.#judging = undefined;
    this.#submitSoon();
    this.#next();
    this.#wakeIfIdle();
  }

  #next(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const [i, pending] of queue.entries()) {
      this.#begin(pending);
      if (this.#judging === undefined) continue;
      // What came while these were judged waits behind those that were there before.
      this.#queue = queue.slice(i + 1).concat(this.#queue);
      return;
    }
  }

  #judgeSingle(request: SingleRequest): CommitOutcome {
    const known = this.#known(request.requestId);
    if (known !== undefined) return known;
    const commit = evaluateSingle(request, this.#base, this.#naming());
    if (commit === undefined) return this.#nothing();
    const measure = measured(commit.changes, NOTHING_MEASURED);
    const { revision } = this.#context.shown();
    for (const change of commit.changes)
      this.#context.unsettled.addChange(change, commit.revision, revision);
    return this.#take(this.#logged(request, commit, measure), measure, undefined);
  }

  *#judge(request: CommitRequest): Steps<CommitOutcome> {
    const known = this.#known(request.requestId);
    if (known !== undefined) return known;
    const commit = yield* evaluate(request, this.#base, this.#naming());
    if (commit === undefined) return this.#nothing();
    const measure = yield* measuredInSteps(commit);
    const logged = this.#logged(request, commit, measure);
    const rows = measure.characters > ROW_CHARACTERS ? yield* rowsOfCommit(logged) : undefined;
    yield* this.#context.unsettled.add(commit, this.#context.shown().revision);
    return this.#take(logged, measure, rows);
  }

  #naming() {
    return { revision: this.#newest.revision + 1, time: this.#context.clock.now() };
  }

  #nothing(): CommitOutcome {
    return { revision: this.#newest.revision, puts: 0, deletes: 0 };
  }

  #logged({ requestId }: CommitRequest, commit: MadeCommit, measure: Measure): LoggedCommit {
    const { puts, deletes, growth } = measure;
    const outcome = { revision: commit.revision, puts, deletes };
    return { commit, requestId, outcome, entryCount: this.#newest.entryCount + growth };
  }

  #take(
    logged: LoggedCommit,
    { characters }: Measure,
    rows: readonly LogRow[] | undefined,
  ): CommitOutcome {
    const { commit, entryCount, outcome } = logged;
    this.#open.add(logged, characters, rows);
    this.#newest = { revision: commit.revision, entryCount };
    return outcome;
  }

  /** How a write that was tried before ended (S4). */
  #known(requestId: string): CommitOutcome | undefined {
    const young = this.#open.outcomes.get(requestId) ?? this.#inFlight?.outcomes.get(requestId);
    if (young !== undefined) return young;
    const revision = this.#context.requests.find(requestId);
    if (revision === undefined) return undefined;
    const row = requestAt(this.#context.tables, revision);
    if (row === undefined || row[0] !== requestId) return undefined;
    return { revision, puts: row[2], deletes: row[3] };
  }

  #answer(to: Pending, told: CommitOutcome | ProtocolError): void {
    this.#open.answers.push({ to, told });
  }

  /** Only judging throws, and then nothing of the request is anywhere yet. */
  #refuse(pending: Pending, error: unknown): void {
    this.#answer(pending, error instanceof ProtocolError ? error : unexpected(error));
  }

  #submitSoon(): void {
    if (this.#isDeferred || this.#inFlight !== undefined || this.#open.isEmpty) return;
    this.#isDeferred = true;
    this.#context.defer(() => {
      this.#isDeferred = false;
      this.#submit();
    });
  }

  /**
   * The answers go out first, and what their writers ask next may join: 64 writers who wait for each
   * other's batches in two halves would have twice as many batches, each with a sync of its own.
   */
  #submitAfterAnswers(): void {
    this.#context.defer(() => this.#submitSoon());
  }

  #submit(): void {
    if (this.#inFlight !== undefined || this.#open.isEmpty) return;
    const batch = this.#open;
    const progress = this.#newest;
    this.#open = new Batch();
    this.#inFlight = batch;
    if (batch.commits.length === 0) this.#end(batch, progress);
    else {
      this.#context.log.append(batch.rows()).then(
        () => this.#end(batch, progress),
        (error: unknown) => this.#fail(batch, error),
      );
    }
  }

  #end(batch: Batch, progress: Progress): void {
    this.#inFlight = undefined;
    const { requests, onDurable } = this.#context;
    for (const [requestId, { revision }] of batch.outcomes) requests.add(requestId, revision);
    if (batch.commits.length > 0) onDurable(batch.commits, progress);
    for (const { to, told } of batch.answers)
      if (told instanceof ProtocolError) to.reject(told);
      else to.resolve(told);
    this.#submitAfterAnswers();
    this.#wakeIfIdle();
  }

  #fail(batch: Batch, error: unknown): void {
    const { unsettled, shown } = this.#context;
    const judging = this.#judging;
    const open = this.#open;
    this.#inFlight = undefined;
    this.#judging = undefined;
    this.#open = new Batch();
    this.#newest = shown();
    unsettled.undoAfter(this.#newest.revision);
    for (const { to } of batch.answers.concat(open.answers)) to.reject(error);
    judging?.reject(error);
    this.#next();
    this.#submit();
    this.#wakeIfIdle();
  }

  #wakeIfIdle(): void {
    if (this.#isIdle) for (const wake of this.#onIdle.splice(0)) wake();
  }
}

function unexpected(error: unknown): ProtocolError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ProtocolError('unavailable', `the write could not be judged: ${reason}`);
}

/** Changes that are measured at once. */
const MEASURED_MAX = 10_000;

function* measuredInSteps({ changes }: MadeCommit): Steps<Measure> {
  let measure = NOTHING_MEASURED;
  for (let start = 0; start < changes.length; start += MEASURED_MAX) {
    measure = measured(changes.slice(start, start + MEASURED_MAX), measure);
    if (changes.length > MEASURED_MAX) yield;
  }
  return measure;
}
