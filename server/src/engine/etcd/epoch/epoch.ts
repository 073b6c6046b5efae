import type { EtcdMember } from '../client/cluster.ts';
import type { KeyValue, MemberStatus, ResponseHeader, TxnRequest } from '../client/messages.ts';
import { type Keyspace, textOf } from '../keyspace/keyspace.ts';

/** What the epoch key says: which history this is, and by what it would be seen that it is another one. */
export interface EpochRecord {
  readonly id: string;
  readonly clusterId: string;
  /**
   * What the raft index was ahead of the revision, at least. Each raft entry adds one to the index and at most
   * one to the revision, so while a cluster lives the difference never falls. A restored cluster begins with a
   * small index and the revision of the snapshot, and falls below.
   */
  readonly floor: number;
}

/** What a look at a member, and through it at the cluster, found. */
export interface Look {
  /** Of the linearizable read. */
  readonly header: ResponseHeader;
  readonly epoch: EpochRecord | undefined;
  /** Of the epoch key; 0 where there is none. */
  readonly epochModRevision: number;
  readonly headRevision: number;
  /** Before the read and after it; absent where the user may not ask. */
  readonly before: MemberStatus | undefined;
  readonly after: MemberStatus | undefined;
}

const LOOK_TIMEOUT_MS = 3_000;

/**
 * Looks at which history a member serves. The read between the two looks at its state is linearizable, so that
 * a member that starts and has not replayed its log is not taken for one that was put back.
 */
export async function lookAt(
  member: EtcdMember,
  keyspace: Keyspace,
  status: (member: EtcdMember) => Promise<MemberStatus | undefined>,
): Promise<Look> {
  const before = await status(member);
  const { header, responses } = await member.txn(
    {
      compare: [],
      success: [
        { requestRange: { key: keyspace.epoch } },
        { requestRange: { key: keyspace.head } },
      ],
      failure: [],
    },
    { timeoutMs: LOOK_TIMEOUT_MS },
  );
  const after = await status(member);
  const [epoch, head] = responses.map((response) =>
    response.kind === 'range' ? response.kvs[0] : undefined,
  );
  return {
    header,
    epoch: head === undefined ? undefined : readEpoch(epoch),
    epochModRevision: epoch?.modRevision ?? 0,
    headRevision: head?.modRevision ?? 0,
    before,
    after,
  };
}

/** The raft index less the revision, no more than it is: the index was read first. */
export function floorOf({ before, after }: Look): number | undefined {
  if (before === undefined || after === undefined) return undefined;
  return before.raftAppliedIndex - after.header.revision;
}

/** Why a history is not the one that its epoch key names, if it is not. */
export function restoredBecause(epoch: EpochRecord, look: Look): string | undefined {
  const { header, after } = look;
  if (header.clusterId !== epoch.clusterId)
    return `the cluster has another identity (${header.clusterId}, not ${epoch.clusterId})`;
  if (after === undefined) return undefined;
  // The revision was read first, so that this is never less than it is.
  const ahead = after.raftAppliedIndex - after.header.revision;
  if (ahead < epoch.floor)
    return `the cluster was restored from a backup (its raft index is ${ahead} ahead of the revision, and was ${epoch.floor})`;
  return undefined;
}

function encodeEpoch(epoch: EpochRecord): Buffer {
  return Buffer.from(JSON.stringify(epoch));
}

/** Which history an epoch key names; `undefined` where it is no epoch key. */
export function decodeEpoch(text: string | undefined): EpochRecord | undefined {
  try {
    const raw: unknown = JSON.parse(text ?? '');
    return isEpoch(raw) ? raw : undefined;
  } catch {
    return undefined;
  }
}

/** Puts an epoch key where it is as it was seen, and the head where there is none to count by. */
export function epochTxn(
  epoch: EpochRecord,
  seen: { readonly epochModRevision: number; readonly withHead: boolean },
  keyspace: Keyspace,
): TxnRequest {
  const put = { requestPut: { key: keyspace.epoch, value: encodeEpoch(epoch) } };
  const head = { requestPut: { key: keyspace.head, value: Buffer.alloc(0) } };
  return {
    compare: [{ key: keyspace.epoch, target: { modRevision: seen.epochModRevision } }],
    success: seen.withHead ? [put, head] : [put],
    failure: [],
  };
}

function readEpoch(kv: KeyValue | undefined): EpochRecord | undefined {
  return kv === undefined ? undefined : decodeEpoch(textOf(kv.value));
}

function isEpoch(raw: unknown): raw is EpochRecord {
  if (typeof raw !== 'object' || raw === null) return false;
  const fields = new Map<string, unknown>(Object.entries(raw));
  return (
    typeof fields.get('id') === 'string' &&
    fields.get('id') !== '' &&
    typeof fields.get('clusterId') === 'string' &&
    Number.isSafeInteger(fields.get('floor'))
  );
}
