import { type Condition, comparePaths, type Entry, type Operation, sameData } from '@confer/shared';

/** One change that an import makes. `prev` is the entry that it was planned against. */
export type Step =
  | { readonly kind: 'add'; readonly path: string; readonly value: string }
  | { readonly kind: 'change'; readonly path: string; readonly value: string; readonly prev: Entry }
  | { readonly kind: 'remove'; readonly path: string; readonly prev: Entry };

export interface Plan {
  /** In the order of the tree. */
  readonly steps: readonly Step[];
  readonly counts: Counts;
}

export interface Counts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
}

/** What it takes to bring `current` to `wanted`. Values that mean the same are left as they are. */
export function planImport(
  current: readonly Entry[],
  wanted: ReadonlyMap<string, string>,
  prune: boolean,
): Plan {
  const steps: Step[] = [];
  const present = new Map(current.map((entry) => [entry.path, entry]));
  for (const [path, value] of wanted) {
    const prev = present.get(path);
    if (prev === undefined) steps.push({ kind: 'add', path, value });
    else if (!sameData(prev.value, value)) steps.push({ kind: 'change', path, value, prev });
  }
  if (prune)
    for (const prev of current)
      if (!wanted.has(prev.path)) steps.push({ kind: 'remove', path: prev.path, prev });
  steps.sort((a, b) => comparePaths(a.path, b.path));

  const count = (kind: Step['kind']) => steps.filter((step) => step.kind === kind).length;
  const [added, changed, removed] = [count('add'), count('change'), count('remove')];
  return {
    steps,
    counts: { added, changed, removed, unchanged: wanted.size - added - changed },
  };
}

/** The steps as one commit that holds only against the entries that they were planned against. */
export function commitOf(steps: readonly Step[]): {
  conditions: Condition[];
  operations: Operation[];
} {
  return {
    conditions: steps.map((step) => ({
      path: step.path,
      modRevision: step.kind === 'add' ? 0 : step.prev.modRevision,
    })),
    operations: steps.map((step) =>
      step.kind === 'remove'
        ? { type: 'delete', path: step.path }
        : { type: 'put', path: step.path, value: step.value },
    ),
  };
}
