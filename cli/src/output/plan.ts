import type { Step } from '../config-data/plan.ts';
import type { Terminal } from '../terminal.ts';
import { paletteOf } from './colour.ts';
import { oneLine } from './text.ts';

const VALUE_WIDTH = 80;

/** What an import would do, one line a change. */
export function describeSteps(terminal: Terminal, steps: readonly Step[]): string {
  const { added, changed, removed } = paletteOf(terminal);
  const shown = (value: string) => oneLine(value, VALUE_WIDTH);
  return steps
    .map((step) => {
      if (step.kind === 'add') return added(`+ ${step.path} = ${shown(step.value)}`);
      const before = shown(step.prev.value);
      if (step.kind === 'remove') return removed(`- ${step.path} = ${before}`);
      return changed(`~ ${step.path} = ${before} -> ${shown(step.value)}`);
    })
    .map((line) => `${line}\n`)
    .join('');
}
