import type { Entry } from '@confer/shared';
import type { CooperativeSteps, TimeSlice } from '../cooperative-steps.ts';
import { restOf } from '../tree-range.ts';
import type { Versions } from './versions.ts';

/** The entries to go through: those of a subtree at a revision, which are read on after each pause. */
export interface Walk {
  readonly tree: Versions;
  readonly subtree: string;
  readonly revision: number;
}

/** Visits each entry, and lets others in between; hidden ones, too. What changes meanwhile must be of a later revision. */
export function* walk(
  { tree, subtree, revision }: Walk,
  pace: TimeSlice,
  visit: (entry: Entry) => void,
): CooperativeSteps<void> {
  let after: string | undefined;
  do {
    const range = restOf(subtree, after);
    after = undefined;
    for (const { path, entry } of tree.states(range, revision)) {
      if (entry !== undefined) visit(entry);
      if (!pace.isOver()) continue;
      after = path;
      break;
    }
    if (after !== undefined) yield;
  } while (after !== undefined);
}
