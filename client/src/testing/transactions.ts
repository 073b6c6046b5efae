import {
  type Change,
  checkCondition,
  checkNote,
  checkTxnOperation,
  comparePaths,
  type Entry,
  isShownIn,
  isWithin,
  limits,
  type Operation,
  ProtocolError,
  type Reply,
  type TxnOperation,
  type TxnRequest,
  type TxnResult,
  txnLimits,
} from '@confer/shared';
import { listed } from './listing.ts';
import type { MemoryStore, Outcome, Write } from './memory-store.ts';

interface Deciding {
  readonly store: MemoryStore;
  readonly actor: string;
  write(write: Write): Outcome;
}

/** Does one branch of a transaction (PROTOCOL.md, section 4). */
export function decided(request: TxnRequest, { store, write, actor }: Deciding): Reply {
  const { id, requestId, if: conditions, then, else: otherwise = [], note } = request;
  checkCounts(request);
  if (note !== undefined) checkNote(note);
  for (const condition of conditions) checkCondition(condition);
  for (const operation of [...then, ...otherwise]) checkTxnOperation(operation);
  const [thenWrites, otherWrites] = [then.filter(isWrite), otherwise.filter(isWrite)];
  for (const writes of [thenWrites, otherWrites]) requireDistinct(writes);
  const about = { requestId, conditions, note, actor };
  const outcome = write({ ...about, operations: thenWrites, otherwise: otherWrites });
  const succeeded = outcome.otherwise !== true;
  const { revision } = outcome;
  const readRevision = outcome.puts + outcome.deletes > 0 ? revision - 1 : revision;
  const [commit] = store.commitsAfter(readRevision);
  const changes = revision === readRevision ? [] : (commit?.changes ?? []);
  const done = succeeded ? then : otherwise;
  const entries = store.entriesAt(readRevision);
  const results = done.map((operation) =>
    resultOf(operation, changes, entries, store, readRevision),
  );
  return { type: 'decided', id, succeeded, revision, readRevision, results };
}

function checkCounts({ if: conditions, then, else: otherwise = [] }: TxnRequest): void {
  const { operationsMax } = limits;
  for (const branch of [then, otherwise])
    if (branch.filter((operation) => !isWrite(operation)).length > txnLimits.readsMax)
      throw new ProtocolError(
        'too_large',
        `a branch of a transaction has at most ${txnLimits.readsMax} reads`,
      );
  if (then.length + otherwise.length > operationsMax || conditions.length > operationsMax)
    throw new ProtocolError(
      'too_large',
      `a transaction has at most ${operationsMax} operations and as many conditions`,
    );
}

function isWrite(operation: TxnOperation): operation is Operation {
  return operation.type === 'put' || operation.type === 'delete';
}

function requireDistinct(writes: readonly Operation[]): void {
  const ordered = [...writes].sort((a, b) => comparePaths(a.path, b.path));
  let last: Operation | undefined;
  let subtree: string | undefined;
  for (const operation of ordered) {
    const { path } = operation;
    if (path === last?.path || (subtree !== undefined && isWithin(path, subtree)))
      throw new ProtocolError(
        'overlapping_writes',
        `two writes of one branch of the transaction touch ${path}`,
        { path },
      );
    if (operation.type === 'delete' && operation.recursive === true) subtree = path;
    last = operation;
  }
}

function resultOf(
  operation: TxnOperation,
  changes: readonly Change[],
  entries: ReadonlyMap<string, Entry>,
  store: MemoryStore,
  at: number,
): TxnResult {
  const { type, path } = operation;
  if (type === 'get') return { type, entry: entries.get(path) ?? null };
  if (type === 'list') {
    const { revision: _, id: __, ...page } = listed({ ...operation, id: 0, at }, store);
    return { ...page, type };
  }
  if (type === 'delete') {
    const isRecursive = operation.recursive === true;
    const isGone = (each: Change) =>
      isRecursive ? isShownIn(each.path, path) : each.path === path;
    return { type, deletes: changes.filter(isGone).length };
  }
  const change = changes.find((each) => each.path === path);
  if (change?.type !== 'put') return { type };
  const { createRevision, version } = change.entry;
  return { type, createRevision, version };
}
