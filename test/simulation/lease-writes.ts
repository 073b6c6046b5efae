import type { Commit } from '@confer/shared';
import type { WriteRequest } from '../../server/src/engine/engine.ts';
import type { ModelWrite } from '../model/model.ts';

const LEASES = '/.confer/leases/';

/** What the server itself writes of a lease. What goes with its end, the model knows better than the server. */
export function leaseWriteOf({ operations, conditions }: WriteRequest): ModelWrite | undefined {
  const [first] = operations;
  if (first?.path.startsWith(LEASES) !== true) return undefined;
  if (first.type === 'put') return { operations: [first], conditions };
  return { operations: [{ type: 'end', lease: first.path.slice(LEASES.length) }] };
}

/** The lease that ended in a commit which nobody has asked for. */
export function leaseEndOf({ changes }: Commit): ModelWrite | undefined {
  const lease = changes.find(({ type, path }) => type === 'delete' && path.startsWith(LEASES));
  if (lease === undefined) return undefined;
  return { operations: [{ type: 'end', lease: lease.path.slice(LEASES.length) }] };
}
