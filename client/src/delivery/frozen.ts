import type { Change } from '@confer/shared';

/*
 * Deep freezing of what is shared. What listeners and readers are given is the same for all of them, and
 * part of it is what the mirror shows. So none of it can be changed; that costs less than to copy it for
 * each.
 */

export function frozenChanges(changes: readonly Change[]): readonly Change[] {
  for (const change of changes) {
    Object.freeze(change.prev);
    if (change.type === 'put') Object.freeze(change.entry);
    Object.freeze(change);
  }
  return Object.freeze(changes);
}

/** A copy that cannot be written to: to freeze a map does not keep anybody from that. */
export function frozenMap<Key, Value>(of: ReadonlyMap<Key, Value>): ReadonlyMap<Key, Value> {
  const readOnly = { value: refuse };
  return Object.freeze(
    Object.defineProperties(new Map(of), { set: readOnly, delete: readOnly, clear: readOnly }),
  );
}

function refuse(): never {
  throw new TypeError('a snapshot is read-only');
}
