import { type Condition, leasePath } from '@confer/shared';
import type {
  Compare,
  KeyValue,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '../client/messages.ts';
import type { HistoryLine } from '../epoch/epoch-guard.ts';
import { type CommitRecord, decodeRecord, encodeRecord } from '../keyspace/commit-record.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { etcdLeaseOf } from '../keyspace/lease-ids.ts';
import { nested } from './txn-tree.ts';
import { operationsOf, roughBytesOf, type Writing } from './write-plan.ts';

/** What a path must be at where a write is made: the kind of condition that etcd judges by itself. */
export type Pin = Extract<Condition, { modRevision: number }>;

/** One write, as it goes to etcd. */
export interface TxnWrite {
  readonly requestId: string;
  readonly record: CommitRecord;
  readonly operations: readonly RequestOp[];
  readonly pins: readonly Pin[];
  /** That have to be there, with the entries that they are. */
  readonly leases: readonly string[];
  /** Nothing was written by a gateway since then; where conditions were judged here. */
  readonly headRevision?: number;
  /** Of the history that it is written to. */
  readonly line: HistoryLine;
  /** The revision of the record that says that this request was not made; 0 where there is none. */
  readonly voided: number;
  /** Its size must be measured. */
  readonly isLarge: boolean;
}

/** What etcd said to a write. */
export type TxnOutcome =
  | { readonly kind: 'written'; readonly revision: number }
  /** It was made before: the record is there. */
  | { readonly kind: 'made before'; readonly record: CommitRecord; readonly revision: number }
  /** It is said there that the request was not made. */
  | { readonly kind: 'void'; readonly revision: number }
  | {
      readonly kind: 'refused';
      /** The first path that was at another revision; none where another write came between. */
      readonly pin: Pin | undefined;
      /** The first lease that was not there. */
      readonly lease: string | undefined;
      /** At which that was so. */
      readonly revision: number;
      /** Of the record that says now that the request was not made. */
      readonly voided: number;
    };

const LARGE_BYTES = 256 * 1024;
const LARGE_OPERATIONS = 100;

/** A write up to `LARGE_BYTES` fits for sure, whatever belongs to it: a character takes three bytes, and paths are short. */
export function txnWriteOf(
  { request, plan, record }: Writing,
  hidden: readonly string[],
  keyspace: Keyspace,
  about: Pick<TxnWrite, 'line' | 'voided' | 'pins'>,
): TxnWrite {
  const operations = operationsOf(plan, hidden, keyspace);
  const isLarge = roughBytesOf(plan) > LARGE_BYTES || operations.length > LARGE_OPERATIONS;
  const { leases } = plan;
  return { requestId: request.requestId, record, operations, leases, isLarge, ...about };
}

/**
 * One transaction: the entries, the record under the request id, and the head, at one revision or not at all (S3).
 * A record that is there already lets it fail (S4), and then it is read with what the conditions are about.
 *
 * The race: 1. a try is under way and nobody hears of it; 2. the next one, perhaps through another gateway, is refused
 * because a condition does not hold; 3. it comes to hold, and the first try is made after its writer was told that it
 * was not. So whatever refuses a request writes down that it was not made, and what is under way finds that.
 *
 * Record and head stand at the top: what is nested is not counted against the quota by older versions.
 * `undefined`: it has too many operations.
 */
export function txnOf(write: TxnWrite, keyspace: Keyspace): TxnRequest | undefined {
  const { requestId, record, headRevision } = write;
  const recordKey = keyspace.recordOf(requestId);
  const head = keyspace.head;
  const compare = [
    ...comparesOf(write, keyspace),
    // safeguard: many-conditions-hold-the-head
    ...(headRevision === undefined ? [] : [{ key: head, target: { modRevision: headRevision } }]),
  ];
  const own = [
    { requestPut: { key: recordKey, value: encodeRecord(record) } },
    { requestPut: { key: head, value: Buffer.alloc(0) } },
  ];
  // Each level counts the larger of its compares and its operations; what is nested has the rest.
  const operations = nested(write.operations, Math.max(own.length, compare.length + 1));
  if (operations === undefined) return undefined;
  return { compare, success: [...own, ...operations], failure: refusalOf(write, keyspace) };
}

/** What an answer to `txnOf` says. */
export function outcomeOf(
  { succeeded, header, responses }: TxnResponse,
  { pins, leases, voided }: Pick<TxnWrite, 'pins' | 'leases' | 'voided'>,
): TxnOutcome {
  const { revision } = header;
  if (succeeded) return { kind: 'written', revision };
  const [known, ...found] = responses.map(keyOf);
  if (known !== undefined && known.modRevision !== voided) {
    const record = decodeRecord(known.value);
    if (record?.isVoid === true) return { kind: 'void', revision: known.modRevision };
    if (record !== undefined) return { kind: 'made before', record, revision: known.modRevision };
  }
  const pin = pins.find(({ modRevision }, i) => (found[i]?.modRevision ?? 0) !== modRevision);
  const last = responses.at(-1);
  const isVoided = last?.kind === 'txn' && last.succeeded;
  const lease = leases.find((each, i) => !isThere(each, found[pins.length + i]));
  return { kind: 'refused', pin, lease, revision, voided: isVoided ? revision : voided };
}

/** The entry of a lease goes with it, so that one without is somebody else's. */
function isThere(lease: string, found: KeyValue | undefined): boolean {
  return found?.lease === etcdLeaseOf(lease);
}

function keyOf(response: ResponseOp): KeyValue | undefined {
  return response.kind === 'range' ? response.kvs[0] : undefined;
}

/**
 * For a request that finds nothing to do: it is not made, and that is written down. Refused as a write is. No
 * `head`: it is no commit.
 */
export function voidingTxn(write: TxnWrite, keyspace: Keyspace): TxnRequest {
  const compare = comparesOf(write, keyspace);
  return { compare, success: [voidPut(write, keyspace)], failure: refusalOf(write, keyspace) };
}

/** There is no record, or the one that says that the request was not made. */
function unmade({ requestId, voided }: TxnWrite, keyspace: Keyspace): Compare {
  const key = keyspace.recordOf(requestId);
  // safeguard: etcd-makes-a-request-once
  return { key, target: voided === 0 ? { version: 0 } : { modRevision: voided } };
}

/** What must be so where a request is made: it was not yet, its conditions hold, and the history is the one it is for. */
function comparesOf(write: TxnWrite, keyspace: Keyspace): Compare[] {
  const { epochRevision, headCreated } = write.line;
  return [
    unmade(write, keyspace),
    ...write.pins.map((pin) => compareOf(pin, keyspace)),
    // safeguard: etcd-looks-for-the-lease
    ...write.leases.map((lease) => leaseCompareOf(lease, keyspace)),
    { key: keyspace.epoch, target: { modRevision: epochRevision } },
    { key: keyspace.head, target: { createRevision: headCreated } },
  ];
}

/** A pin as etcd judges it: the modRevision of what is not there is 0 there, too. */
function compareOf({ path, modRevision }: Pin, keyspace: Keyspace): Compare {
  return { key: keyspace.keyOf(path), target: { modRevision } };
}

function leaseCompareOf(lease: string, keyspace: Keyspace): Compare {
  return { key: keyspace.keyOf(leasePath(lease)), target: { lease: etcdLeaseOf(lease) } };
}

/** Looks only: the same that a write reads that was refused. */
export function readingTxn(write: TxnWrite, keyspace: Keyspace): TxnRequest {
  return { compare: [], success: readsOf(write, keyspace), failure: [] };
}

/**
 * Reads why, and writes down that the request was not made, unless it was. Also where that is written there already:
 * a try that goes on from that may be under way.
 */
function refusalOf(write: TxnWrite, keyspace: Keyspace): RequestOp[] {
  const compare = [unmade(write, keyspace)];
  // safeguard: refusal-is-written-down
  const voiding = { compare, success: [voidPut(write, keyspace)], failure: [] };
  return [...readsOf(write, keyspace), { requestTxn: voiding }];
}

function voidPut({ requestId, record }: TxnWrite, keyspace: Keyspace): RequestOp {
  const { actor, time, fingerprint } = record;
  const value = encodeRecord({ actor, time, fingerprint, isVoid: true });
  return { requestPut: { key: keyspace.recordOf(requestId), value } };
}

function readsOf({ requestId, pins, leases }: TxnWrite, keyspace: Keyspace): RequestOp[] {
  const paths = [...pins.map(({ path }) => path), ...leases.map(leasePath)];
  return [
    { requestRange: { key: keyspace.recordOf(requestId) } },
    ...paths.map((path) => ({ requestRange: { key: keyspace.keyOf(path), keysOnly: true } })),
  ];
}
