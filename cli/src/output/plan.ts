import type { Counts, Step } from '../config-data/plan.ts';
import { paletteOf, type Surroundings } from './colour.ts';
import { differenceOf, isShort } from './difference.ts';
import { counted, oneLine } from './text.ts';

const VALUE_WIDTH = 80;

/** What a plan does: one line a change, and more where what changed would not be seen on one. */
export function describeSteps(surroundings: Surroundings, steps: readonly Step[]): string {
  const { added, changed, removed } = paletteOf(surroundings);
  const shown = (value: string) => oneLine(value, VALUE_WIDTH);
  return steps
    .map((step) => {
      if (step.kind === 'add') return added(`+ ${step.path} = ${shown(step.value)}`);
      const before = shown(step.prev.value);
      if (step.kind === 'remove') return removed(`- ${step.path} = ${before}`);
      if (isShort(step.prev.value) && isShort(step.value))
        return changed(`~ ${step.path} = ${before} -> ${shown(step.value)}`);
      const difference = differenceOf(step.prev.value, step.value);
      return [
        changed(`~ ${step.path}`),
        ...difference.before.map((line) => removed(`    - ${line}`)),
        ...difference.after.map((line) => added(`    + ${line}`)),
      ].join('\n');
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** What a plan did or, with `dryRun`, would do. */
export function summaryOf(
  { added, changed, removed, unchanged }: Counts,
  revision: number,
  dryRun: boolean,
): string {
  if (added + changed + removed === 0)
    return `nothing to change: ${counted(unchanged, 'entry is', 'entries are')} the same already at revision ${revision}`;
  return dryRun
    ? `would add ${added}, change ${changed}, remove ${removed}, leave ${unchanged} unchanged; nothing was written`
    : `added ${added}, changed ${changed}, removed ${removed}, unchanged ${unchanged} at revision ${revision}`;
}
