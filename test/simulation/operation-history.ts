import { isLinearizable, type RegisterOperation } from '../validate/linearizable.ts';

type Effect = RegisterOperation['effect'];

/** A write that was asked for. Until it is known to be done, it may be done at any time or never. */
interface Asked {
  readonly called: number;
  returned: number;
  isOptional: boolean;
  effect: Effect;
}

/** Where requests were made. */
interface Done {
  /** In any history. */
  revisionsOf(requestId: string): readonly number[];
  revisionIn(history: string, requestId: string): number | undefined;
}

/** What was asked of the service and answered, on one time line. */
export class OperationHistory {
  readonly #operations = new Map<string, Asked[]>();
  readonly #resets: { readonly at: number; readonly values: ReadonlyMap<string, string> }[] = [];
  readonly #acknowledged: { readonly requestId: string; readonly revision: number }[] = [];
  readonly #refused: { readonly requestId: string; readonly history: string | undefined }[] = [];
  /** The requests that were ever made. */
  readonly requestIds = new Set<string>();
  #moment = 0;

  /** Every moment is another one: answers of one virtual millisecond keep their order. */
  now(): number {
    this.#moment += 1;
    return this.#moment;
  }

  read(path: string, called: number, value: string | undefined): void {
    const effect: Effect = { kind: 'read', value: tagOf(value) };
    this.#of(path).push({ called, returned: this.now(), isOptional: false, effect });
  }

  /** Returns what to call when the answer is there. */
  asked(path: string, value: string | null): (effect?: Effect) => void {
    const asked: Asked = {
      called: this.now(),
      returned: Number.POSITIVE_INFINITY,
      isOptional: true,
      effect: { kind: 'write', value },
    };
    this.#of(path).push(asked);
    return (effect = asked.effect) => {
      asked.returned = this.now();
      asked.isOptional = false;
      asked.effect = effect;
    };
  }

  /** The writer was told that its write is at that revision. */
  acknowledged(requestId: string, revision: number): void {
    this.#acknowledged.push({ requestId, revision });
  }

  /** The writer was told that nothing was written, while the server had that history. */
  refused(requestId: string, history: string | undefined): void {
    this.#refused.push({ requestId, history });
  }

  /** Another history begins, with these entries. */
  reset(values: ReadonlyMap<string, string>): void {
    this.#resets.push({ at: this.now(), values });
  }

  *problems({ revisionsOf, revisionIn }: Done): Generator<string> {
    for (const { requestId, history } of this.#refused)
      if (history !== undefined && revisionIn(history, requestId) !== undefined)
        yield `S4 ${requestId} was refused, and made in ${history}`;
    for (const { requestId, revision } of this.#acknowledged)
      if (!revisionsOf(requestId).includes(revision))
        yield `S1 ${requestId} was acknowledged at ${revision} and is nowhere`;
    for (const [path, operations] of this.#operations)
      if (!isLinearizable([...operations, ...this.#resetsOf(path, operations)]))
        yield `S2 the answers about ${path} fit no order`;
  }

  #of(path: string): Asked[] {
    const operations = this.#operations.get(path) ?? [];
    this.#operations.set(path, operations);
    return operations;
  }

  /**
   * A reset writes every path. A write that was under way may have happened before it and once more
   * after it, because the new history does not remember it.
   */
  *#resetsOf(path: string, operations: readonly RegisterOperation[]): Generator<RegisterOperation> {
    for (const { at, values } of this.#resets) {
      const effect: Effect = { kind: 'write', value: tagOf(values.get(path)) };
      yield { called: at, returned: at, isOptional: false, effect };
      for (const operation of operations)
        if ('value' in operation.effect && operation.effect.kind !== 'read')
          if (operation.called < at && operation.returned > at)
            yield {
              called: operation.called,
              returned: at,
              isOptional: true,
              effect: { kind: 'write', value: operation.effect.value },
            };
    }
  }
}

/** Values begin with what makes them unique. */
export function tagOf(value: string | undefined): string | null {
  return value?.split(':')[0] ?? null;
}
