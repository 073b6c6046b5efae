import { type Clock, ProtocolError } from '@confer/shared';
import type { CommitOutcome, CommitRequest, Deletion, MadeCommit } from './engine.ts';
import { evaluate, outcomeOf } from './evaluate.ts';
import { rememberDeletions } from './lmdb-deletions.ts';
import { commitRowOf, outcomeOfRow, rowOf, type StateRow, type Tables } from './lmdb-layout.ts';
import { currentState, stateOf } from './lmdb-reads.ts';

/** Tables that are written all or nothing. */
export interface Storage {
  readonly tables: Tables;
  /**
   * Runs `write` in a transaction that begins after this turn of the event loop, and resolves once
   * what it wrote is on the disk. A throw inside, or a failure to store, leaves nothing written and
   * rejects with a `ProtocolError`.
   */
  transaction<Result>(write: () => Result): Promise<Result>;
  close(): Promise<void>;
}

interface Pending {
  readonly request: CommitRequest;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** What one transaction decided; told to nobody before it is on the disk. */
interface Batch {
  readonly commits: MadeCommit[];
  readonly answers: (() => void)[];
  state: StateRow;
}

/** Takes what became durable together, before any of its writers is answered. */
type OnDurable = (commits: readonly MadeCommit[], state: StateRow) => void;

/**
 * Group commit: everything that is asked for until a transaction begins goes into it, so that many
 * writers share one sync of the disk (S1).
 *
 * 1. The first request of an idle queue asks for a transaction; those after it join the queue.
 * 2. The transaction begins once the one before it is on the disk, takes the queue, judges each
 *    request against what those before it wrote, and writes.
 * 3. The next request finds an empty queue and asks for the next transaction, which waits for 4.
 * 4. The transaction is on the disk: the feed gets its commits, then its writers their answers.
 *
 * Step 2 of a transaction may come before step 4 of the one before it: both are on their way through
 * the event loop. A conflict judged then speaks of a commit that the feed has yet to bring out, so
 * every answer waits for step 4 of its own transaction, also one that wrote nothing.
 */
export class GroupCommit {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #onDurable: OnDurable;
  #queue: Pending[] = [];
  #unsettled = 0;
  #settled: Promise<void> = Promise.resolve();

  constructor(storage: Storage, clock: Clock, onDurable: OnDurable) {
    this.#storage = storage;
    this.#clock = clock;
    this.#onDurable = onDurable;
  }

  /** Whether the tables may hold commits that did not come out of the feed yet. */
  get isAhead(): boolean {
    return this.#unsettled > 0;
  }

  commit(request: CommitRequest): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#queue.push({ request, resolve, reject }) === 1) this.#settled = this.#write();
    });
  }

  /** Resolves when all that was accepted is answered: transactions end in the order they began. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  async #write(): Promise<void> {
    let pending: readonly Pending[] = [];
    let batch: Batch;
    try {
      batch = await this.#storage.transaction(() => {
        pending = this.#takeQueue();
        this.#unsettled++;
        return this.#judge(pending);
      });
    } catch (error) {
      if (pending.length > 0) this.#unsettled--;
      else pending = this.#takeQueue();
      for (const { reject } of pending) reject(error);
      return;
    }
    this.#unsettled--;
    if (batch.commits.length > 0) this.#onDurable(batch.commits, batch.state);
    for (const answer of batch.answers) answer();
  }

  #takeQueue(): readonly Pending[] {
    const queue = this.#queue;
    this.#queue = [];
    return queue;
  }

  #judge(pending: readonly Pending[]): Batch {
    const { tables } = this.#storage;
    const batch: Batch = { commits: [], answers: [], state: stateOf(tables) };
    for (const { request, resolve, reject } of pending) {
      const judged = this.#judgeOne(request, batch);
      batch.answers.push(() => {
        if (judged instanceof ProtocolError) reject(judged);
        else resolve(judged);
      });
    }
    if (batch.commits.length > 0) tables.meta.put('state', batch.state);
    return batch;
  }

  /** A refusal concerns one request; whatever is thrown ends the whole transaction. */
  #judgeOne(request: CommitRequest, batch: Batch): CommitOutcome | ProtocolError {
    const { tables } = this.#storage;
    const [revision, compactedRevision, entryCount] = batch.state;
    const known = tables.requests.get(request.requestId);
    if (known !== undefined) return outcomeOfRow(known);
    const naming = { revision: revision + 1, time: this.#clock.now() };
    const commit = orRefusal(() => evaluate(request, currentState(tables), naming));
    if (commit instanceof ProtocolError) return commit;
    if (commit === undefined) return { revision, puts: 0, deletes: 0 };
    batch.state = [commit.revision, compactedRevision, entryCount + growthOf(commit)];
    batch.commits.push(commit);
    return write(tables, commit, request.requestId);
  }
}

function orRefusal<Result>(judge: () => Result): Result | ProtocolError {
  try {
    return judge();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

function write(tables: Tables, commit: MadeCommit, requestId: string): CommitOutcome {
  const { revision } = commit;
  const deletions: Deletion[] = [];
  for (const change of commit.changes) {
    const { path } = change;
    if (change.type === 'delete') {
      tables.entries.remove(path);
      tables.versions.put([path, revision], null);
      deletions.push({ path, revision, cause: change.cause });
    } else {
      const row = rowOf(change.entry);
      tables.entries.put(path, row);
      tables.versions.put([path, revision], row);
    }
  }
  rememberDeletions(tables, deletions);
  const outcome = outcomeOf(commit);
  tables.commits.put(revision, commitRowOf(commit, requestId));
  tables.requests.put(requestId, [revision, outcome.puts, outcome.deletes]);
  return outcome;
}

function growthOf({ changes }: MadeCommit): number {
  let growth = 0;
  for (const change of changes) {
    if (change.type === 'delete') growth--;
    else if (change.prev === undefined) growth++;
  }
  return growth;
}
