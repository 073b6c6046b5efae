import type { Operation, Position } from '@confer/shared';
import type { Client, Mirror } from '../../client/src/api.ts';
import { ConferError, ConflictError } from '../../client/src/errors.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { isWithin } from '../model/model.ts';
import type { Place } from '../validate/history.ts';
import { type OperationHistory, tagOf } from './operation-history.ts';

const PATHS = ['/a', '/a/b', '/a/b/c', '/a-b', '/a/b-c', '/d/e', '/d/e/f', '/d/é', '/x'];
/** Errors that say that nothing was written, nor ever will be. */
const REFUSED = ['unavailable', 'storage_full'];
/** Errors that a client may meet under faults; any other is a bug. */
const EXPECTED = new Set(['conflict', 'timeout', 'closed', ...REFUSED, 'outcome_unknown']);

interface Written {
  readonly revision: number;
  readonly changed: number;
}

export interface WorkOptions {
  readonly client: Client;
  readonly random: SeededRandom;
  readonly operationHistory: OperationHistory;
  readonly valueCharsMax: number;
  readonly mirrors: () => readonly Mirror[];
  /** The request id of the write that was made last. */
  readonly lastId: () => string;
  readonly placeOf: (position: Position) => Place;
  readonly isCurrent: (place: Place) => boolean;
  readonly onWritten: (requestId: string, written: Written) => void;
  /** The writer was told that nothing was written. */
  readonly onRefused: (requestId: string) => void;
  readonly onProblem: (problem: string) => void;
}

/** What the programs of one process ask the service for, written down. */
export class ClientWork {
  readonly #options: WorkOptions;
  #values = 0;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** Resolves with why it was not made, if it was not. */
  set(): Promise<unknown> {
    const { client, random, operationHistory, mirrors, placeOf, isCurrent } = this.#options;
    const path = random.pick(PATHS);
    const value = this.#newValue();
    const seen = mirrors().find((mirror) => isWithin(path, mirror.path));
    const isConditional = seen !== undefined && random.chance(0.4);
    const held = seen?.get(path);
    const options = isConditional ? { ifRevision: held?.modRevision ?? 0 } : {};
    const place = seen?.position && placeOf(seen.position);
    const expected = tagOf(held?.value);
    const tag = tagOf(value);
    const answered = operationHistory.asked(path, tag);
    const written = client.set(path, value, options);
    const requestId = this.#options.lastId();
    /** A revision of another history says nothing of the value that was expected. */
    const isComparable = () =>
      isConditional && client.status.kind === 'open' && place !== undefined && isCurrent(place);
    return this.#settle(
      written.then(({ revision }) => {
        answered(isComparable() ? { kind: 'swap', expected, value: tag } : undefined);
        this.#done(requestId, { revision, changed: 1 });
      }),
      (error) => {
        this.#failed(requestId, error);
        if (error instanceof ConflictError)
          answered(isComparable() ? { kind: 'refused', expected } : { kind: 'nothing' });
      },
    );
  }

  remove(): void {
    const { client, random } = this.#options;
    const path = random.pick(PATHS);
    const recursive = random.chance(0.5);
    const removed = client.remove(path, { recursive });
    const result = removed.then(({ revision, removed: changed }) => ({ revision, changed }));
    this.#write([{ type: 'delete', path, recursive }], result);
  }

  commit(): void {
    const { client, random } = this.#options;
    const operations: Operation[] = Array.from({ length: random.int(1, 5) }, () =>
      random.chance(0.7)
        ? { type: 'put' as const, path: random.pick(PATHS), value: this.#newValue() }
        : { type: 'delete' as const, path: random.pick(PATHS), recursive: random.chance(0.5) },
    );
    const committed = client.commit({ operations });
    const result = committed.then(({ revision, puts, deletes }) => ({
      revision,
      changed: puts + deletes,
    }));
    this.#write(operations, result);
  }

  read(): void {
    const { client, random, operationHistory } = this.#options;
    const path = random.pick(PATHS);
    const called = operationHistory.now();
    if (random.chance(0.2)) void this.#settle(client.list(path));
    else
      void this.#settle(
        client.get(path).then((entry) => operationHistory.read(path, called, entry?.value)),
      );
  }

  #newValue(): string {
    const { random, valueCharsMax, lastId } = this.#options;
    this.#values += 1;
    return `${lastId()}.${this.#values}:${'x'.repeat(random.int(0, valueCharsMax))}`;
  }

  /** For each path, what the operations leave of it. */
  #write(operations: readonly Operation[], written: Promise<Written>): void {
    const { operationHistory, lastId } = this.#options;
    const requestId = lastId();
    const left = new Map<string, string | null>();
    for (const operation of operations)
      if (operation.type === 'put') left.set(operation.path, tagOf(operation.value));
      else
        for (const path of PATHS)
          if (path === operation.path || (operation.recursive && isWithin(path, operation.path)))
            left.set(path, null);
    const asked = [...left].map(([path, value]) => operationHistory.asked(path, value));
    void this.#settle(
      written.then((result) => {
        for (const answered of asked) answered();
        this.#done(requestId, result);
      }),
      (error) => this.#failed(requestId, error),
    );
  }

  #failed(requestId: string, error: unknown): void {
    if (error instanceof ConferError && REFUSED.includes(error.code))
      this.#options.onRefused(requestId);
  }

  #done(requestId: string, written: Written): void {
    if (written.changed > 0)
      this.#options.operationHistory.acknowledged(requestId, written.revision);
    this.#options.onWritten(requestId, written);
  }

  #settle(
    promise: Promise<unknown>,
    onFailed: (error: unknown) => void = () => {},
  ): Promise<unknown> {
    return promise.then(
      () => undefined,
      (error: unknown) => {
        onFailed(error);
        if (!isExpected(error)) this.#options.onProblem(String(error));
        return error;
      },
    );
  }
}

export function isExpected(error: unknown): boolean {
  return error instanceof ConferError && EXPECTED.has(error.code);
}
