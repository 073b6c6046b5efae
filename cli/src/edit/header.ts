import { readValue, toJson } from '@confer/shared';
import { oneLine } from '../output/text.ts';
import type { Conflict, SheetProblem } from './sheet.ts';

/** What begins a line that is for the person who edits, and no part of what is saved. */
const MARK = '#|';
/** How many `problemLines` puts before the text. */
const PROBLEM_LINES = 3;

/** The first lines of a text that is handed to an editor. */
export function intro(path: string, revision: number): string[] {
  return [
    `${oneLine(path)} at revision ${revision}, as YAML. Lines like this one are taken out again.`,
    'Save and quit to be shown what changed, and asked. If nothing changed, or nothing is left, nothing is written.',
  ];
}

/** What is wrong with the text below. */
export function problemLines(problem: SheetProblem): string[] {
  return [
    `error: ${problemText(problem)}`,
    'Nothing was written. Mend it, save and quit; or quit without a change to give up.',
    '',
  ];
}

/** With the line as an editor counts it, who shows the lines about the problem first. */
export function problemText({ problem, line }: SheetProblem): string {
  return line === undefined
    ? oneLine(problem)
    : `line ${line + PROBLEM_LINES}: ${oneLine(problem)}`;
}

/** Both sides of each conflict, whole, so that none is lost whichever is taken. */
export function conflictLines(conflicts: readonly Conflict[]): string[] {
  return [
    'Somebody else changed the same meanwhile. Nothing was written. Yours is below; theirs is:',
    ...conflicts.flatMap(({ path, mine, before, theirs }) => [
      '',
      `  ${oneLine(path)}`,
      `    before: ${shown(before?.value)}`,
      theirs === undefined
        ? '    theirs: (removed)'
        : `    theirs: ${shown(theirs.value)}   by ${oneLine(theirs.updatedBy)}, revision ${theirs.modRevision}`,
      `    yours:  ${shown(mine)}`,
    ]),
    '',
    'To save it as it stands below, take this line out. To give up, quit without a change.',
    '',
  ];
}

/** The text with a header; what had one before has only this one. */
export function withHeader(lines: readonly string[], text: Uint8Array): Buffer {
  const header = lines.map((line) => `${MARK} ${line}`.trimEnd().concat('\n')).join('');
  return Buffer.concat([Buffer.from(header), withoutHeader(text)]);
}

/** As bytes, because what an editor leaves may be no text. */
export function withoutHeader(text: Uint8Array): Buffer {
  let rest = Buffer.from(text);
  while (rest.subarray(0, MARK.length).toString('latin1') === MARK) {
    const end = rest.indexOf('\n');
    rest = end === -1 ? Buffer.alloc(0) : rest.subarray(end + 1);
  }
  return rest;
}

/** On one line, as YAML and JSON both write it. */
function shown(value: string | undefined): string {
  return value === undefined ? '(nothing)' : oneLine(toJson(readValue(value)));
}
