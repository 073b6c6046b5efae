import { ProtocolError } from '@confer/shared';
import type { TxnRequest } from '../client/messages.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { NoSpace, type Sent, type TxnSender } from './txn-sender.ts';
import { outcomeOf, readingTxn, type TxnOutcome, type TxnWrite } from './txn-write.ts';

/** What came of a write. */
export interface Sounded {
  readonly outcome: TxnOutcome;
  /** Keys that etcd says it removed. */
  readonly deleted: number;
}

interface Ways {
  readonly sender: TxnSender;
  readonly keyspace: Keyspace;
}

/** Sends what a write comes to, and finds out what became of it. Rejects with a `ProtocolError`. */
export async function sound(txn: TxnRequest, write: TxnWrite, ways: Ways): Promise<Sounded> {
  let sent: Sent;
  try {
    sent = await ways.sender.send(txn);
  } catch (error) {
    if (error instanceof NoSpace) return withoutSpace(write, error, ways);
    throw error;
  }
  let deleted = 0;
  for (const each of sent.response.responses)
    if (each.kind === 'deleteRange') deleted += each.deleted;
  return { outcome: outcomeOf(sent.response, write), deleted };
}

/** That the quota is spent is said also of what was made. A read tells, unless an earlier try is under way yet. */
async function withoutSpace(
  write: TxnWrite,
  { isUncertain }: NoSpace,
  { sender, keyspace }: Ways,
): Promise<Sounded> {
  const asked = { ...write, pins: [], leases: [] };
  const { response } = await sender.send(readingTxn(asked, keyspace), true);
  const outcome = outcomeOf({ ...response, succeeded: false }, asked);
  if (outcome.kind === 'made before') return { outcome, deleted: 0 };
  const spent = 'the quota of etcd is spent';
  throw isUncertain
    ? new ProtocolError('outcome_unknown', `it may have been written: ${spent}`)
    : new ProtocolError('storage_full', `nothing was written: ${spent}`);
}
