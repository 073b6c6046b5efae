import { isWithin, ProtocolError } from '@confer/shared';
import type { CooperativeSteps, TimeSlice } from './cooperative-steps.ts';
import type { EngineOperation } from './engine.ts';
import { inTreeOrder } from './in-tree-order.ts';

/**
 * Throws `overlapping_writes` where two writes touch one path: what came of each could not be told. In the order of
 * the tree the paths below a subtree that goes follow it.
 */
export function* requireDistinct(
  operations: readonly EngineOperation[],
  pace: TimeSlice,
): CooperativeSteps<void> {
  if (operations.length < 2) return;
  // Of those of one path one stays in the order, so that there are fewer then.
  const ordered = yield* inTreeOrder(operations, pace);
  let last: EngineOperation | undefined;
  let subtree: string | undefined;
  for (const operation of ordered) {
    const { path } = operation;
    if (path === last?.path || (subtree !== undefined && isWithin(path, subtree)))
      throw overlapping(path);
    if (operation.type === 'delete' && operation.recursive === true) subtree = path;
    last = operation;
    if (pace.isOver()) yield;
  }
  if (ordered.length < operations.length) throw overlapping(yield* repeated(operations, pace));
}

function* repeated(
  operations: readonly EngineOperation[],
  pace: TimeSlice,
): CooperativeSteps<string> {
  const paths = new Set<string>();
  for (const { path } of operations) {
    if (paths.has(path)) return path;
    paths.add(path);
    if (pace.isOver()) yield;
  }
  return '';
}

function overlapping(path: string): ProtocolError {
  const message = `two writes of one branch of the transaction touch ${path}`;
  return new ProtocolError('overlapping_writes', message, { path });
}
