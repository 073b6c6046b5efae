import { type Entry, leasePath } from '@confer/shared';
import type { CommitRecord } from '../keyspace/commit-record.ts';
import { FOREIGN } from '../keyspace/entries.ts';

/** By whom and why something went of which there is no record. */
type Origin = Pick<CommitRecord, 'actor' | 'time' | 'cause' | 'note' | 'cleared'>;

interface Gone {
  readonly path: string;
  readonly entry: Entry | undefined;
  readonly before: Entry | undefined;
}

/**
 * Of a revision without a record: how a lease ended, where that is what it is. etcd then deletes all that goes with it
 * at one revision, and says no more. Who revokes one has written so to its entry before, which is how every gateway comes
 * to the same. `undefined`: somebody has deleted it with a tool of etcd.
 *
 * `entryOf`: what a path held before that.
 */
export function leaseEndOf(
  changes: readonly Gone[],
  entryOf: (path: string) => Entry | undefined,
): Origin | undefined {
  const lease = changes[0]?.before?.lease;
  if (lease === undefined) return undefined;
  const isAll = changes.every(
    ({ entry, before }) => entry === undefined && before?.lease === lease,
  );
  if (!isAll) return undefined;
  const at = leasePath(lease);
  if (changes.some(({ path }) => path === at)) return endOf(entryOf(at));
  // One that somebody has made with a tool of etcd has no entry.
  return entryOf(at) === undefined ? { ...FOREIGN, cause: 'expired' } : undefined;
}

/** `entry`: what stood for the lease. */
export function endOf(entry: Entry | undefined): Origin {
  if (entry !== undefined && isRevoked(entry.value))
    return { actor: entry.updatedBy, time: entry.updatedAt, cause: 'revoked' };
  // etcd does not say when it was, and two gateways would say different times.
  return { actor: 'confer', time: FOREIGN.time, cause: 'expired' };
}

function isRevoked(value: string): boolean {
  try {
    const about: unknown = JSON.parse(value);
    return typeof about === 'object' && about !== null && 'revoked' in about;
  } catch {
    return false;
  }
}
