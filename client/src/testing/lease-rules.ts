import {
  type Change,
  type Entry,
  isWithin,
  LEASES,
  leaseLimits,
  leaseNotFound,
  leasePath,
  ProtocolError,
} from '@confer/shared';
import type { Entries } from './net-changes.ts';

/** What an entry of a commit goes with has to be there, and not with too much already. */
export function requireLeases(changes: readonly Change[], entries: Entries): void {
  const added = new Map<string, number>();
  for (const change of changes) {
    const lease = change.type === 'put' ? change.entry.lease : undefined;
    if (lease === undefined || isWithin(change.path, LEASES)) continue;
    const isNew = entries.get(change.path)?.lease !== lease;
    added.set(lease, (added.get(lease) ?? 0) + (isNew ? 1 : 0));
  }
  for (const [lease, count] of added) {
    const path = leasePath(lease);
    if (!entries.has(path) && !changes.some((change) => change.path === path))
      throw leaseNotFound(lease);
    if (pathsOf(lease, entries).length + count > leaseLimits.entriesMax)
      throw new ProtocolError(
        'too_large',
        `at most ${leaseLimits.entriesMax} entries go with one lease; take several leases`,
      );
  }
}

/** What goes with a lease. */
export function pathsOf(lease: string, entries: Entries): string[] {
  return [...entries.values()].filter((entry) => isWith(lease, entry)).map(({ path }) => path);
}

function isWith(id: string, { path, lease }: Entry): boolean {
  return lease === id && path !== leasePath(id);
}
