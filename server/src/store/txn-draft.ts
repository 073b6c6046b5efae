import {
  type Condition,
  checkCondition,
  checkLease,
  checkNote,
  checkTraceparent,
  checkTxnOperation,
  limits,
  type Operation,
  ProtocolError,
  type TxnOperation,
  txnLimits,
} from '@confer/shared';

/** What one frame brings of a transaction. */
export interface TxnPart {
  readonly if: readonly Condition[];
  readonly then: readonly TxnOperation[];
  readonly else?: readonly TxnOperation[];
  readonly note?: string;
  /** What it is a part of, for those who trace. */
  readonly traceparent?: string;
}

/** One of the two branches of a transaction. */
class Branch {
  readonly operations: TxnOperation[] = [];
  readonly writes: Operation[] = [];
  /** How many entries it attaches, by lease. */
  readonly leased = new Map<string, number>();

  add(operations: readonly TxnOperation[]): void {
    for (const operation of operations) {
      checkTxnOperation(operation);
      this.operations.push(operation);
      if (operation.type === 'put' || operation.type === 'delete') this.writes.push(operation);
      if (operation.type !== 'put' || operation.lease === undefined) continue;
      checkLease(operation.lease);
      this.leased.set(operation.lease, (this.leased.get(operation.lease) ?? 0) + 1);
    }
    if (this.operations.length - this.writes.length > txnLimits.readsMax)
      throw new ProtocolError(
        'too_large',
        `a branch of a transaction has at most ${txnLimits.readsMax} reads`,
      );
  }
}

/** What a transaction is to do, as it comes, part by part. All that is in it was checked by itself. */
export class TxnDraft {
  readonly requestId: string;
  readonly conditions: Condition[] = [];
  readonly #succeeded = new Branch();
  readonly #otherwise = new Branch();
  #note: string | undefined;
  #traceparent: string | undefined;

  constructor(requestId: string) {
    this.requestId = requestId;
  }

  /** Throws the `ProtocolError` of what is wrong with it first; the draft is of no use then. */
  add(part: TxnPart): this {
    const { note, traceparent } = part;
    if (note !== undefined) checkNote(note);
    if (traceparent !== undefined) checkTraceparent(traceparent);
    for (const condition of part.if) {
      checkCondition(condition);
      this.conditions.push(condition);
    }
    this.#succeeded.add(part.then);
    if (part.else !== undefined) this.#otherwise.add(part.else);
    const operations = this.branch(true).length + this.branch(false).length;
    if (operations > limits.operationsMax || this.conditions.length > limits.operationsMax)
      throw new ProtocolError(
        'too_large',
        `a transaction has at most ${limits.operationsMax} operations and as many conditions`,
      );
    this.#note ??= note;
    this.#traceparent ??= traceparent;
    return this;
  }

  /** What is done where the conditions hold, or do not. */
  branch(succeeded: boolean): readonly TxnOperation[] {
    return this.#branch(succeeded).operations;
  }

  writes(succeeded: boolean): readonly Operation[] {
    return this.#branch(succeeded).writes;
  }

  /** How many entries it attaches, by lease, whichever branch it is; `undefined` where it does so to none. */
  get leased(): ReadonlyMap<string, number> | undefined {
    const most = new Map<string, number>();
    for (const { leased } of [this.#succeeded, this.#otherwise])
      for (const [lease, count] of leased) most.set(lease, Math.max(count, most.get(lease) ?? 0));
    return most.size === 0 ? undefined : most;
  }

  get traceparent(): string | undefined {
    return this.#traceparent;
  }

  get note(): string | undefined {
    return this.#note;
  }

  #branch(succeeded: boolean): Branch {
    return succeeded ? this.#succeeded : this.#otherwise;
  }
}
