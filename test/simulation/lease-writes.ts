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
