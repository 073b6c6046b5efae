import {
  type Condition,
  checkCondition,
  checkNote,
  checkOperation,
  checkTraceparent,
  limits,
  type Operation,
  ProtocolError,
} from '@confer/shared';

/** What one frame brings of a commit. */
export interface Part {
  readonly operations: readonly Operation[];
  readonly conditions?: readonly Condition[];
  readonly note?: string;
  /** What it is a part of, for those who trace. */
  readonly traceparent?: string;
}

/** What a commit is to write, as it comes, part by part. All that is in it was checked by itself. */
export class Draft {
  readonly requestId: string;
  #operations: (readonly Operation[])[] = [];
  #conditions: (readonly Condition[])[] = [];
  #note: string | undefined;
  #traceparent: string | undefined;
  #leased: Map<string, number> | undefined;
  #operationCount = 0;
  #conditionCount = 0;

  constructor(requestId: string) {
    this.requestId = requestId;
  }

  /** Throws the `ProtocolError` of what is wrong with it first; the draft is of no use then. */
  add({ operations, conditions, note, traceparent }: Part): this {
    if (note !== undefined) checkNote(note);
    if (traceparent !== undefined) checkTraceparent(traceparent);
    for (const operation of operations) {
      checkOperation(operation);
      if (operation.type === 'put' && operation.lease !== undefined)
        this.#countLeased(operation.lease);
    }
    this.#operations.push(operations);
    this.#operationCount += operations.length;
    if (conditions !== undefined) {
      for (const condition of conditions) checkCondition(condition);
      this.#conditions.push(conditions);
      this.#conditionCount += conditions.length;
    }
    const { operationsMax } = limits;
    if (this.#operationCount > operationsMax || this.#conditionCount > operationsMax)
      throw new ProtocolError(
        'too_large',
        `a commit has at most ${operationsMax} operations and as many conditions`,
      );
    this.#note ??= note;
    this.#traceparent ??= traceparent;
    return this;
  }

  /** How many entries it attaches, by lease; `undefined` where it does so to none. */
  get leased(): ReadonlyMap<string, number> | undefined {
    return this.#leased;
  }

  get operationCount(): number {
    return this.#operationCount;
  }

  get operations(): readonly Operation[] {
    const all = joined(this.#operations);
    this.#operations = [all];
    return all;
  }

  get conditions(): readonly Condition[] {
    const all = joined(this.#conditions);
    this.#conditions = [all];
    return all;
  }

  #countLeased(lease: string): void {
    this.#leased ??= new Map();
    this.#leased.set(lease, (this.#leased.get(lease) ?? 0) + 1);
  }

  get traceparent(): string | undefined {
    return this.#traceparent;
  }

  get note(): string | undefined {
    return this.#note;
  }
}

/** Nearly every commit is one part, which is not copied. `flat` would take several times as long. */
function joined<Item>(parts: readonly (readonly Item[])[]): readonly Item[] {
  const [first = [], ...others] = parts;
  if (others.length === 0) return first;
  const all = [...first];
  for (const part of others) for (const item of part) all.push(item);
  return all;
}
