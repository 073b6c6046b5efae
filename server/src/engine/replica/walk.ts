import type { Entry } from '@confer/shared';
import { type CooperativeSteps, type TimeSlice, visitInSteps } from '../cooperative-steps.ts';
import { restOf } from '../tree-range.ts';
import type { Versions } from './versions.ts';

/** The entries to go through: those of a subtree at a revision, which are read on after each pause. */
export interface Walk {
  readonly tree: Versions;
  readonly subtree: string;
  readonly revision: number;
}

/** Visits each entry, and lets others in between; hidden ones, too. What changes meanwhile must be of a later revision. */
export function walk(
  { tree, subtree, revision }: Walk,
  pace: TimeSlice,
  visit: (entry: Entry) => void,
): CooperativeSteps<void> {
  const scan = (after: string | undefined) => tree.states(restOf(subtree, after), revision);
  return visitInSteps(scan, pace, ({ entry }) => {
    if (entry !== undefined) visit(entry);
  });
}
