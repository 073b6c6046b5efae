import { type Change, compareCodePoints, orderKey } from '@confer/shared';
import { Pace, type Steps } from './steps.ts';

interface Keyed {
  readonly key: string;
  readonly change: Change;
}

/** Sorting this many takes about a millisecond. */
const RUN = 1_000;

/** The changes in the order of the tree: sorted in short runs, which are then merged. */
export function* inTreeOrder(changes: readonly Change[]): Steps<readonly Change[]> {
  if (changes.length < 2) return changes;
  let runs: Keyed[][] = [];
  for (let start = 0; start < changes.length; start += RUN) {
    const run = changes.slice(start, start + RUN);
    runs.push(run.map((change) => ({ key: orderKey(change.path), change })).sort(byKey));
    if (changes.length > RUN) yield;
  }
  while (runs.length > 1) {
    const longer: Keyed[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      longer.push(yield* merged(runs[i] ?? [], runs[i + 1] ?? []));
    runs = longer;
  }
  const pace = new Pace();
  const sorted: Change[] = [];
  for (const { change } of runs[0] ?? []) {
    sorted.push(change);
    if (pace.isOver()) yield;
  }
  return sorted;
}

function byKey(a: Keyed, b: Keyed): number {
  return compareCodePoints(a.key, b.key);
}

function* merged(left: readonly Keyed[], right: readonly Keyed[]): Steps<Keyed[]> {
  const pace = new Pace();
  const all: Keyed[] = [];
  let i = 0;
  for (const item of right) {
    for (let other = left[i]; other !== undefined && byKey(other, item) <= 0; other = left[++i]) {
      all.push(other);
      if (pace.isOver()) yield;
    }
    all.push(item);
    if (pace.isOver()) yield;
  }
  for (; i < left.length; i++) {
    const other = left[i];
    if (other !== undefined) all.push(other);
    if (pace.isOver()) yield;
  }
  return all;
}
