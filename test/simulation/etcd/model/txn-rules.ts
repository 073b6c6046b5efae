import { EtcdError } from '../../../../server/src/engine/etcd/client/cluster.ts';
import type { RequestOp, TxnRequest } from '../../../../server/src/engine/etcd/client/messages.ts';
import { isInRange, type KeyRange, nameOf, rangeOf } from './keys.ts';

/** `--max-txn-ops` as it is by default. */
const OPERATIONS_MAX = 128;

/** Refuses what etcd refuses before anything is proposed. */
export function requireTxn(txn: TxnRequest): void {
  requireRoom(txn, OPERATIONS_MAX);
  writtenBy(txn);
}

/** A level takes the largest of its three lists, and those within it have the rest. */
function requireRoom({ compare, success, failure }: TxnRequest, room: number): void {
  const taken = Math.max(compare.length, success.length, failure.length);
  if (taken > room)
    throw new EtcdError('invalid_argument', 'etcdserver: too many operations in txn request');
  for (const operation of [...success, ...failure])
    if ('requestTxn' in operation) requireRoom(operation.requestTxn, room - taken);
}

interface Written {
  readonly puts: Set<string>;
  readonly deletes: KeyRange[];
}

/** Only one of the two sides is made, so that a key may be on both. */
function writtenBy({ success, failure }: TxnRequest): Written {
  const [one, other] = [sideOf(success), sideOf(failure)];
  return {
    puts: new Set([...one.puts, ...other.puts]),
    deletes: [...one.deletes, ...other.deletes],
  };
}

function sideOf(operations: readonly RequestOp[]): Written {
  const side: Written = { puts: new Set(), deletes: [] };
  for (const operation of operations) {
    if ('requestPut' in operation) addPut(side.puts, nameOf(operation.requestPut.key));
    else if ('requestDeleteRange' in operation)
      side.deletes.push(rangeOf(operation.requestDeleteRange));
    else if ('requestTxn' in operation) {
      const within = writtenBy(operation.requestTxn);
      for (const name of within.puts) addPut(side.puts, name);
      side.deletes.push(...within.deletes);
    }
  }
  for (const name of side.puts)
    if (side.deletes.some((range) => isInRange(name, range))) throw duplicate();
  return side;
}

function addPut(puts: Set<string>, name: string): void {
  if (puts.has(name)) throw duplicate();
  puts.add(name);
}

function duplicate(): EtcdError {
  return new EtcdError('invalid_argument', 'etcdserver: duplicate key given in txn request');
}
