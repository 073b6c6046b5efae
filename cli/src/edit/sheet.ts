import {
  comparePaths,
  type Entry,
  flatten,
  ROOT,
  readValue,
  sameData,
  UnstorableError,
  unflatten,
  writeValue,
} from '@confer/shared';
import { SyntaxProblem } from '../config-data/parsed.ts';
import type { Step } from '../config-data/plan.ts';
import { parseBytes } from '../config-data/read-file.ts';
import { formatYaml } from '../config-data/yaml.ts';

/** A subtree as somebody edits it. */
export interface Sheet {
  readonly path: string;
  /** As it is given to the editor. */
  readonly text: string;
  /** What the text says before anybody changes it: only what differs from that was changed by hand. */
  readonly base: ReadonlyMap<string, string>;
  /** The entries that the person was shown last; what is newer than these is not written over. */
  readonly seen: ReadonlyMap<string, Entry>;
}

/** The text cannot be saved; `line` is where in it, from 1 on. */
export interface SheetProblem {
  readonly problem: string;
  readonly line: number | undefined;
}

/** A YAML document begins. Inside of a value no line can begin like that. */
const NEXT_DOCUMENT = /\n---(\s|$)/;
const COMMENTS = /^[ \t]*#.*$/gm;

export function sheetOf(path: string, entries: readonly Entry[]): Sheet {
  const text = formatYaml(unflatten(entries, path) ?? {});
  const base = valuesOf(Buffer.from(text), path);
  return { path, text, base, seen: new Map(entries.map((entry) => [entry.path, entry])) };
}

/** What the edited text wants. */
export function readSheet(
  { path }: Sheet,
  bytes: Uint8Array,
): SheetProblem | { readonly values: ReadonlyMap<string, string> } {
  const content = Buffer.from(bytes).toString().replace(COMMENTS, '');
  if (NEXT_DOCUMENT.test(content.trimStart()))
    return { problem: 'there is more than one YAML document', line: undefined };
  try {
    return { values: valuesOf(bytes, path) };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { problem: error.message, line: error.place?.line };
  }
}

/** Whether nothing is left but comments. */
export function isBlank(bytes: Uint8Array): boolean {
  const content = Buffer.from(bytes).toString().replace(COMMENTS, '');
  return /^(---)?$/.test(content.trim());
}

/** What it takes to save `values`: each change is planned against the entry that was seen. */
export function stepsOf({ base, seen }: Sheet, values: ReadonlyMap<string, string>): Step[] {
  const steps: Step[] = [];
  for (const [path, value] of values) {
    if (base.get(path) === value) continue;
    const prev = seen.get(path);
    if (prev === undefined) steps.push({ kind: 'add', path, value });
    else if (!sameData(prev.value, value)) steps.push({ kind: 'change', path, value, prev });
  }
  for (const path of base.keys()) {
    const prev = seen.get(path);
    if (!values.has(path) && prev !== undefined) steps.push({ kind: 'remove', path, prev });
  }
  return steps.sort((a, b) => comparePaths(a.path, b.path));
}

/** Somebody else wrote where this one changed something. */
export interface Conflict {
  readonly path: string;
  readonly mine: string | undefined;
  readonly before: Entry | undefined;
  readonly theirs: Entry | undefined;
}

/** Which of the steps meet what somebody else wrote, out of what is there now. */
export function conflictsOf(
  { seen }: Sheet,
  steps: readonly Step[],
  now: readonly Entry[],
): Conflict[] {
  const current = new Map(now.map((entry) => [entry.path, entry]));
  return steps.flatMap((step) => {
    const { path } = step;
    const [before, theirs] = [seen.get(path), current.get(path)];
    const mine = step.kind === 'remove' ? undefined : step.value;
    return before?.modRevision === theirs?.modRevision ? [] : [{ path, mine, before, theirs }];
  });
}

/**
 * The same sheet, after the person was shown what somebody else wrote. What stands in the text counts against that
 * from now on, also where it is what was there before both.
 */
export function afterConflicts(sheet: Sheet, conflicts: readonly Conflict[]): Sheet {
  const seen = new Map(sheet.seen);
  const base = new Map(sheet.base);
  for (const { path, theirs } of conflicts)
    if (theirs === undefined) {
      seen.delete(path);
      base.delete(path);
    } else {
      seen.set(path, theirs);
      base.set(path, writeValue(readValue(theirs.value)));
    }
  return { ...sheet, seen, base };
}

/** Whether somebody has to decide: they did not come to the same. */
export function isDisagreement({ mine, theirs }: Conflict): boolean {
  if (mine === undefined || theirs === undefined) return mine !== theirs?.value;
  return !sameData(mine, theirs.value);
}

function valuesOf(bytes: Uint8Array, path: string): Map<string, string> {
  const parsed = parseBytes(bytes, 'yaml');
  try {
    return flatten(parsed.data, path);
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    const problem =
      error.keys.length === 0 && path === ROOT
        ? `${error.message}; below it, each line is KEY: VALUE`
        : error.message;
    throw new SyntaxProblem(problem, parsed.locate(error.keys));
  }
}
