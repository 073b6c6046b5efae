import { ProtocolError } from '@confer/shared';
import type { CommitOutcome } from '../../engine.ts';
import { outcomeOf as outcomeOfCommit, withBranch } from '../../evaluate.ts';
import { anotherWrite } from '../../idempotency.ts';
import { commitAt } from '../../replica/commit-log.ts';
import { sizeOf } from '../client/codec.ts';
import type { Members } from '../client/members.ts';
import type { AssemblyContext } from '../upstream/assemble.ts';
import type { RevisionWaiters } from '../waiting.ts';
import { REQUEST_BYTES_MAX } from './etcd-limits.ts';
import { countDeleted } from './past-deletes.ts';
import { type Sounded, sound } from './sounding.ts';
import type { TxnSender } from './txn-sender.ts';
import { type TxnOutcome, type TxnWrite, txnOf, voidingTxn } from './txn-write.ts';
import type { Writing } from './write-plan.ts';

/** A commit comes out of the feed within this, or its writer is not told that it did (W12). */
const SHOWN_MS = 30_000;

export interface SettlingOptions {
  readonly state: AssemblyContext;
  readonly members: Members;
  readonly sender: TxnSender;
  readonly waiters: RevisionWaiters;
  /** What is shown is not what the cluster has: somebody has to look. */
  readonly onStrange: (reason: string) => void;
}

/** Sends what a write comes to, and says what became of it once that is shown here. */
export class Settling {
  readonly #options: SettlingOptions;

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  send(write: TxnWrite): Promise<Sounded> {
    const { sender, state } = this.#options;
    const txn = txnOf(write, state.keyspace);
    if (txn === undefined)
      throw new ProtocolError('too_large', 'a commit of so many operations is too large for etcd');
    // To put a small one together only to measure it would cost every write as much again.
    if (write.isLarge) requireSize(sizeOf(txn));
    return sound(txn, write, { sender, keyspace: state.keyspace });
  }

  /** Writes down that a request was not made, unless it was. */
  async void(write: TxnWrite): Promise<TxnOutcome> {
    const { sender, state } = this.#options;
    const { keyspace } = state;
    const { outcome } = await sound(voidingTxn(write, keyspace), write, { sender, keyspace });
    return outcome;
  }

  madeBefore(
    writing: Writing,
    { record, revision }: Extract<TxnOutcome, { kind: 'made before' }>,
  ): Promise<CommitOutcome> {
    if (record.fingerprint !== writing.record.fingerprint) throw anotherWrite();
    return this.shown({ ...writing, record }, revision, undefined);
  }

  /** The writer is told after the watches of this gateway (W12). `deleted`: keys, where that was said. */
  async shown(
    { plan, request, record }: Writing,
    revision: number,
    deleted: number | undefined,
  ): Promise<CommitOutcome> {
    const { waiters, state, members, onStrange } = this.#options;
    const otherwise = record.otherwise === true;
    // safeguard: write-is-answered-after-it-is-shown
    if (!(await waiters.wait(revision, SHOWN_MS)))
      throw new ProtocolError('outcome_unknown', 'it was written, and this server does not see it');
    const logged = commitAt(state.replica.log, revision);
    if (logged?.requestId === request.requestId) return outcomeOfCommit(logged.commit, otherwise);
    if (logged !== undefined) {
      const reason = `another write is shown at revision ${revision}`;
      onStrange(reason);
      throw new ProtocolError('outcome_unknown', `it was written, and ${reason}`);
    }
    // Not in history any more, or nothing changed.
    const deletes = deleted ?? (await countDeleted(plan, revision, { members, state }));
    return withBranch({ revision, puts: plan.puts.length, deletes }, otherwise);
  }

  /** The history that the write was for is not the one that is there. */
  over(): ProtocolError {
    this.#options.onStrange('the epoch key is another one');
    return new ProtocolError('unavailable', 'nothing was written: this history is over');
  }
}

export function requireSize(bytes: number): void {
  if (bytes > REQUEST_BYTES_MAX)
    throw new ProtocolError(
      'too_large',
      `on etcd a commit is at most ${REQUEST_BYTES_MAX} bytes, and this one is larger; write it in parts`,
    );
}
