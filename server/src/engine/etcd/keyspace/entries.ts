import { type Entry, limits } from '@confer/shared';
import type { KeyValue } from '../client/messages.ts';
import type { CommitRecord } from './commit-record.ts';
import { textOf } from './keyspace.ts';
import { leaseOfEtcd } from './lease-ids.ts';

/** Who writes what comes with no commit record: somebody else, with a tool of etcd. Nobody says when. */
export const FOREIGN: CommitRecord = { actor: 'etcd', time: 0, fingerprint: 0 };

/** An entry as etcd holds it, with who wrote it and when; `undefined` where the value is none of Confer's. */
export function entryOf(
  path: string,
  kv: KeyValue,
  { actor, time }: Pick<CommitRecord, 'actor' | 'time'>,
): Entry | undefined {
  if (kv.value.length > limits.valueBytesMax) return undefined;
  const value = textOf(kv.value);
  if (value === undefined) return undefined;
  const entry = {
    path,
    value,
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    updatedAt: time,
    updatedBy: actor,
  };
  return kv.lease === '0' ? entry : { ...entry, lease: leaseOfEtcd(kv.lease) };
}
