import { EtcdError } from '../../../../server/src/engine/etcd/client/cluster.ts';
import type {
  Compare,
  RequestOp,
  ResponseOp,
  TxnRequest,
  WatchEvent,
} from '../../../../server/src/engine/etcd/client/messages.ts';
import type { History, Origin } from './history.ts';
import { nameOf, rangeOf } from './keys.ts';
import type { Leases } from './world.ts';

export interface TxnResult {
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

/** Which side of a transaction is made, and of each one within it. */
interface Path {
  readonly succeeded: boolean;
  readonly within: readonly Path[];
}

/** Applies a transaction: all of it at one revision, and at none where it writes nothing. */
export function applyTxn(
  history: History,
  txn: TxnRequest,
  origin: Origin,
  leases?: Pick<Leases, 'requireFor'>,
): TxnResult {
  const { revision } = history.last;
  const events: WatchEvent[] = [];
  const path = pathOf(history, txn, revision);
  leases?.requireFor(path.succeeded ? txn.success : txn.failure);
  const responses = make(txn, path, { history, revision: revision + 1, events });
  history.addRevision(events, origin);
  return { succeeded: path.succeeded, responses };
}

/** What a transaction that writes nothing reads. */
export function readTxn(history: History, txn: TxnRequest, revision: number): TxnResult {
  const path = pathOf(history, txn, revision);
  return {
    succeeded: path.succeeded,
    responses: make(txn, path, { history, revision, events: [] }),
  };
}

export function isReadOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(
    (operation) =>
      'requestRange' in operation ||
      ('requestTxn' in operation && isReadOnly(operation.requestTxn)),
  );
}

/** All that is compared is so before anything is made. */
function pathOf(history: History, txn: TxnRequest, revision: number): Path {
  const succeeded = txn.compare.every((compare) => holds(history, compare, revision));
  const within: Path[] = [];
  for (const operation of succeeded ? txn.success : txn.failure)
    if ('requestTxn' in operation) within.push(pathOf(history, operation.requestTxn, revision));
  return { succeeded, within };
}

function holds(history: History, { key, target }: Compare, revision: number): boolean {
  const found = history.at(nameOf(key), revision);
  if ('version' in target) return (found?.version ?? 0) === target.version;
  if ('createRevision' in target) return (found?.createRevision ?? 0) === target.createRevision;
  if ('lease' in target) return (found?.lease ?? '0') === target.lease;
  return (found?.modRevision ?? 0) === target.modRevision;
}

interface Making {
  readonly history: History;
  readonly revision: number;
  readonly events: WatchEvent[];
}

function make(txn: TxnRequest, path: Path, making: Making): ResponseOp[] {
  const within = path.within.values();
  return (path.succeeded ? txn.success : txn.failure).map((operation) => {
    if (!('requestTxn' in operation)) return makeOne(operation, making);
    const { value } = within.next();
    if (value === undefined) throw new Error('each transaction within has its path');
    const { succeeded } = value;
    return { kind: 'txn', succeeded, responses: make(operation.requestTxn, value, making) };
  });
}

function makeOne(
  operation: Exclude<RequestOp, { requestTxn: TxnRequest }>,
  { history, revision, events }: Making,
): ResponseOp {
  const write = (name: string, value: Uint8Array | undefined, lease = '0') => {
    const event = history.write(name, value, revision, lease);
    if (event !== undefined) events.push(event);
  };
  if ('requestRange' in operation) {
    const { kvs, count } = history.range(operation.requestRange, { ...history.last, revision });
    return { kind: 'range', kvs, count };
  }
  if ('requestPut' in operation) {
    const { key, value, lease } = operation.requestPut;
    write(nameOf(key), value, lease);
    return { kind: 'put' };
  }
  const going = [...history.scan(rangeOf(operation.requestDeleteRange), revision)];
  for (const { key } of going) write(nameOf(key), undefined);
  return { kind: 'deleteRange', deleted: going.length };
}

/** Everything before a revision is not to be asked for any more. */
export function applyCompaction(history: History, compacted: number): void {
  const { last } = history;
  const isOld = compacted <= last.compacted;
  const isFuture = compacted > last.revision;
  history.add(isOld || isFuture ? {} : { compacted });
  if (!isOld && !isFuture) return;
  const what = isOld ? 'has been compacted' : 'is a future revision';
  throw new EtcdError('out_of_range', `etcdserver: mvcc: required revision ${what}`);
}
