import { crc32 } from 'node:zlib';
import { type Condition, ProtocolError } from '@confer/shared';
import { type CooperativeSteps, TimeSlice } from './cooperative-steps.ts';
import type { CommitOutcome, EngineOperation, WriteRequest } from './engine.ts';
import { openedSum } from './value-sum.ts';

/**
 * A request id is remembered at least this long, also when its commit is compacted: a client that
 * lost its connection sends a write again until its own patience ends (S4), and a compaction in
 * between must not make that a second write.
 */
export const IDEMPOTENCY_WINDOW_MS = 10 * 60 * 1_000;

/** A write that made a commit, as far as a second try of it needs that (S4). */
export interface RecordedWrite {
  readonly outcome: CommitOutcome;
  /** Of what was asked for, so that another write under the same request id is told from a second try. */
  readonly fingerprint: number;
}

type Asked = Pick<WriteRequest, 'operations' | 'conditions' | 'note' | 'otherwise'>;

/** A CRC-32 over all that a write asks for, in its order. It finds mistakes, it does not withstand an adversary. */
export function* fingerprintOf(asked: Asked): CooperativeSteps<number> {
  return isSingle(asked) ? fingerprintOfSingle(asked) : yield* fingerprintOfMany(asked);
}

/** As nearly all writes are; to sum up its parts one by one takes three times as long. */
function isSingle({ operations, conditions, note, otherwise }: Asked): boolean {
  const isPlain = conditions.length === 0 && note === undefined && otherwise === undefined;
  return isPlain && operations.length === 1;
}

function fingerprintOfSingle({ operations: [operation] }: Asked): number {
  if (operation === undefined) return 0;
  const value = operation.type === 'put' ? operation.value : '';
  const what = kindOf(operation) + operation.path;
  return value.length > COPIED_LENGTH_MAX ? crc32(what, openedSum(value)) : crc32(what + value);
}

/** To sum up twice costs more than a copy of a short value. Of a long one, the sum is one that its row needs as well. */
const COPIED_LENGTH_MAX = 1_000;

function* fingerprintOfMany({
  operations,
  conditions,
  note = '',
  otherwise,
}: Asked): CooperativeSteps<number> {
  const pace = new TimeSlice();
  let sum = crc32(note);
  for (const condition of conditions) {
    sum = crc32(textOf(condition), sum);
    if (pace.isOver('value' in condition ? condition.value.length : 0)) yield;
  }
  sum = yield* withOperations(operations, sum, pace);
  return otherwise === undefined
    ? sum
    : yield* withOperations(otherwise, crc32('otherwise', sum), pace);
}

function* withOperations(
  operations: readonly EngineOperation[],
  before: number,
  pace: TimeSlice,
): CooperativeSteps<number> {
  let sum = before;
  for (const operation of operations) {
    if (operation.type === 'delete' && operation.ofLease !== undefined) continue;
    sum = crc32(kindOf(operation) + operation.path, sum);
    if (operation.type === 'put') sum = crc32(operation.value, sum);
    if (pace.isOver('value' in operation ? operation.value.length : 0)) yield;
  }
  return sum;
}

function textOf(condition: Condition): string {
  if ('modRevision' in condition) return `${condition.modRevision}${condition.path}`;
  return JSON.stringify(Object.entries(condition).sort());
}

/** How long a value is stands before the path: no two lists of operations read as the same text. */
function kindOf(operation: EngineOperation): string {
  if (operation.type === 'put') return `put${operation.value.length}${operation.lease ?? ''}`;
  return operation.recursive === true ? 'clear' : 'delete';
}

/** What a write is told whose request id has made another. */
export function anotherWrite(): ProtocolError {
  return new ProtocolError('invalid_message', 'the requestId is that of another write');
}
