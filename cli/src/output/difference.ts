import { counted, oneLine } from './text.ts';

const WIDTH = 80;
/** Of what is the same before the first difference of a line. */
const LEAD = 20;
const LINES_MAX = 20;

/** Where a value is not the same as before, as what was there and what is there now. */
export interface Difference {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Whether both fit beside each other on a line of a terminal. */
export function isShort(value: string): boolean {
  return value.length <= WIDTH && !value.includes('\n');
}

/** The lines that differ between two values, however long these are; what is the same around them is left out. */
export function differenceOf(before: string, after: string): Difference {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const same = sameAtStart(old, now);
  const rest = Math.min(old.length, now.length) - same;
  const sameAtEnd = Math.min(rest, sameAtStart(old.toReversed(), now.toReversed()));
  const removed = old.slice(same, old.length - sameAtEnd);
  const added = now.slice(same, now.length - sameAtEnd);
  return { before: excerpts(removed, added), after: excerpts(added, removed) };
}

/** Each line beside the one that it is compared with, from shortly before where they differ. */
function excerpts(lines: readonly string[], others: readonly string[]): string[] {
  const shown = lines.slice(0, LINES_MAX).map((line, i) => {
    const from = Math.max(0, sameAtStart(line, others[i] ?? '') - LEAD);
    const start = line.length > WIDTH ? from : 0;
    return `${start > 0 ? '…' : ''}${oneLine(line.slice(start, start + WIDTH + 1), WIDTH)}`;
  });
  const more = lines.length - LINES_MAX;
  return more > 0 ? [...shown, `… ${counted(more, 'more line')}`] : shown;
}

/** How many items or characters are the same from the start. */
function sameAtStart(a: string | readonly string[], b: string | readonly string[]): number {
  const most = Math.min(a.length, b.length);
  let count = 0;
  while (count < most && a[count] === b[count]) count++;
  return count;
}
