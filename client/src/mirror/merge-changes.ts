import type { Change } from '@confer/shared';
import type { MirrorChange } from '../api.ts';
import { frozenChanges } from '../delivery/frozen.ts';
import { inTreeOrder } from './tree-order.ts';

/** The net of several changes in a row, for who was too slow for each; `undefined` if nothing is left. */
export function mergeChanges(all: readonly MirrorChange[]): MirrorChange | undefined {
  const net = new Map<string, Change>();
  for (const { changes } of all)
    for (const change of changes) {
      const earlier = net.get(change.path);
      const merged = earlier === undefined ? change : following(earlier, change);
      if (merged === undefined) net.delete(change.path);
      else net.set(change.path, merged);
    }
  const last = all.at(-1);
  if (last === undefined || net.size === 0) return undefined;
  const changes = frozenChanges(inTreeOrder(net.values()));
  return Object.freeze({ revision: last.revision, origin: 'resync', changes });
}

/** The later change, from the state before the earlier one. What came and went is no change. */
function following(earlier: Change, later: Change): Change | undefined {
  const { prev } = earlier;
  if (later.type === 'put') {
    const { type, path, entry } = later;
    return { type, path, entry, ...(prev && { prev }) };
  }
  return prev && { ...later, prev };
}
