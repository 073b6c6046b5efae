import { isWithin, ROOT, segmentsOf } from '@confer/shared';
import type { Step } from '../config-data/plan.ts';
import type { EmptyInput, Source } from '../config-data/read-source.ts';

/** What several files and directories say together. */
export interface Declaration {
  readonly values: ReadonlyMap<string, string>;
  /** What they speak for: everything that may be removed lies in one of these. */
  readonly subtrees: readonly string[];
  /** Inputs that say nothing. */
  readonly empty: readonly EmptyInput[];
}

/** Two inputs that say something of one path. One line each. */
export interface Clash {
  readonly problems: readonly string[];
}

/**
 * Puts together what each input says. They speak for the subtree that they are applied to; at the root, where others
 * have theirs, for the subtrees that they name there and for no sibling of those.
 */
export function declarationOf(
  sources: readonly { readonly input: string; readonly source: Source }[],
  to: string,
): Declaration | Clash {
  const values = new Map<string, string>();
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const { input, source } of sources)
    for (const [path, value] of said(source)) {
      const other = owners.get(path);
      if (other !== undefined)
        problems.push(`${input}: says what ${path} is, and so does ${other}`);
      owners.set(path, input);
      values.set(path, value);
    }
  if (problems.length > 0) return { problems };
  const empty = sources.flatMap(({ source }) => source.empty);
  const named = [...values.keys(), ...empty.map(({ subtree }) => subtree)];
  return { values, subtrees: to === ROOT ? topOf(named) : [to], empty };
}

/** An empty file is an entry that holds nothing where it is imported, and here no entry at all. */
function* said({ values, empty }: Source): Generator<readonly [string, string]> {
  for (const [path, value] of values)
    if (!empty.some(({ subtree }) => subtree === path)) yield [path, value];
}

function topOf(paths: readonly string[]): string[] {
  const tops = paths.flatMap((path) =>
    segmentsOf(path)
      .slice(0, 1)
      .map((name) => `/${name}`),
  );
  return [...new Set(tops)].sort();
}

/** What a plan would remove only because an input is empty: mostly a file that was cut off, and no wish. */
export function removedByEmpty(
  steps: readonly Step[],
  empty: readonly EmptyInput[],
): { readonly input: EmptyInput; readonly count: number } | undefined {
  for (const input of empty) {
    const lost = steps.filter(
      ({ kind, path }) => kind === 'remove' && isWithin(path, input.subtree),
    );
    if (lost.length > 0) return { input, count: lost.length };
  }
  return undefined;
}
