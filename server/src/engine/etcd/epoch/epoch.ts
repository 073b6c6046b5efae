import { EtcdError, type EtcdMember } from '../client/cluster.ts';
import type { KeyValue, MemberStatus, ResponseHeader, TxnRequest } from '../client/messages.ts';
import { type Keyspace, textOf } from '../keyspace/keyspace.ts';

/** What the epoch key says: which history this is. */
export interface EpochRecord {
  readonly id: string;
  readonly clusterId: string;
}

/** What a look at a member, and through it at the cluster, found. */
export interface Look {
  /** Of the linearizable read. */
  readonly header: ResponseHeader;
  /** `undefined` also where there is no head. */
  readonly epoch: EpochRecord | undefined;
  /** Of the epoch key; 0 where there is none. */
  readonly epochModRevision: number;
  readonly headRevision: number;
  readonly headCreated: number;
  /**
   * What the raft index was ahead of the revision, at least, when somebody looked. Each raft entry adds one to the
   * index and at most one to the revision, so while a cluster lives the difference never falls. A restored cluster
   * begins with a small index and the revision of the backup, and falls below.
   */
  readonly floor: number;
  readonly floorModRevision: number;
  /** Before the read and after it; absent where the user may not ask. */
  readonly before: MemberStatus | undefined;
  readonly after: MemberStatus | undefined;
}

/** What somebody has seen of a history. */
export interface Seen {
  readonly revision: number;
  /** The key that every commit writes, as it was then. */
  readonly head: { readonly version: number; readonly revision: number };
  /** The request id of the commit that wrote it, where that is known. */
  readonly requestId: string | undefined;
}

const LOOK_TIMEOUT_MS = 3_000;
/** Where nobody may ask for the raft index. */
const NO_FLOOR = -Number.MAX_SAFE_INTEGER;

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
  const keys = [keyspace.epoch, keyspace.head, keyspace.floor];
  const reads = keys.map((key) => ({ requestRange: { key } }));
  const txn = { compare: [], success: reads, failure: [] };
  const { header, responses } = await member.txn(txn, { timeoutMs: LOOK_TIMEOUT_MS });
  const after = await status(member);
  const [epoch, head, floor] = responses.map((response) =>
    response.kind === 'range' ? response.kvs[0] : undefined,
  );
  return {
    header,
    epoch: head === undefined ? undefined : readEpoch(epoch),
    epochModRevision: epoch?.modRevision ?? 0,
    headRevision: head?.modRevision ?? 0,
    headCreated: head?.createRevision ?? 0,
    floor: readFloor(floor),
    floorModRevision: floor?.modRevision ?? 0,
    before,
    after,
  };
}

/** The raft index less the revision, no more than it is: the index was read first. */
export function floorOf({ before, after }: Look): number | undefined {
  if (before === undefined || after === undefined) return undefined;
  return before.raftAppliedIndex - after.header.revision;
}

/** Why a history is not the one that its epoch key names, if it is not. `floor`: the highest that is known. */
export function restoredBecause(
  epoch: EpochRecord,
  { header, after }: Look,
  floor: number,
): string | undefined {
  if (header.clusterId !== epoch.clusterId)
    return `the cluster has another identity (${header.clusterId}, not ${epoch.clusterId})`;
  if (after === undefined) return undefined;
  // The revision was read first, so that this is never less than it is.
  const ahead = after.raftAppliedIndex - after.header.revision;
  if (ahead < floor)
    return `the cluster was restored from a backup (its raft index is ${ahead} ahead of the revision, and was ${floor})`;
  return undefined;
}

/**
 * Whether a cluster has, up to a revision, what somebody has seen there: a cluster that was put back can have come
 * as far again, with other commits. Or an event was lost, and positions went on past it: then, too, nobody can be told
 * by a difference what he lacks. What is compacted cannot be compared.
 */
export async function hasSeen(
  member: EtcdMember,
  keyspace: Keyspace,
  { revision, head, requestId }: Seen,
): Promise<boolean> {
  if (head.version === 0) return true;
  const keyAt = async (key: Buffer) => {
    const { kvs } = await member.range({ key, revision }, { timeoutMs: LOOK_TIMEOUT_MS });
    return kvs[0];
  };
  try {
    const there = await keyAt(keyspace.head);
    if (there?.version !== head.version || there.modRevision !== head.revision) return false;
    if (requestId === undefined) return true;
    return (await keyAt(keyspace.recordOf(requestId)))?.modRevision === head.revision;
  } catch (error) {
    if (error instanceof EtcdError && error.isCompacted) return true;
    throw error;
  }
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

/** Names a history, where nobody has since the look: its epoch key, what it is known by, and the head to count by. */
export function epochTxn(epoch: EpochRecord, look: Look, keyspace: Keyspace): TxnRequest {
  const puts = [
    { key: keyspace.epoch, value: Buffer.from(JSON.stringify(epoch)) },
    { key: keyspace.floor, value: Buffer.from(String(floorOf(look) ?? NO_FLOOR)) },
    { key: keyspace.head, value: Buffer.alloc(0) },
  ];
  return {
    compare: [{ key: keyspace.epoch, target: { modRevision: look.epochModRevision } }],
    success: puts.map((requestPut) => ({ requestPut })),
    failure: [],
  };
}

/** Raises the floor, where nobody has since the look. */
export function floorTxn(floor: number, look: Look, keyspace: Keyspace): TxnRequest {
  const key = keyspace.floor;
  return {
    compare: [{ key, target: { modRevision: look.floorModRevision } }],
    success: [{ requestPut: { key, value: Buffer.from(String(floor)) } }],
    failure: [],
  };
}

function readEpoch(kv: KeyValue | undefined): EpochRecord | undefined {
  return kv === undefined ? undefined : decodeEpoch(textOf(kv.value));
}

function readFloor(kv: KeyValue | undefined): number {
  const floor = kv === undefined ? Number.NaN : Number(textOf(kv.value));
  return Number.isSafeInteger(floor) ? floor : NO_FLOOR;
}

function isEpoch(raw: unknown): raw is EpochRecord {
  if (typeof raw !== 'object' || raw === null) return false;
  const fields = new Map<string, unknown>(Object.entries(raw));
  const id = fields.get('id');
  return typeof id === 'string' && id !== '' && typeof fields.get('clusterId') === 'string';
}
