import { readFile, stat } from 'node:fs/promises';
import { childOf, flatten, isMap, ROOT, segmentOfKey, UnstorableError } from '@confer/shared';
import { type Found, type FoundFile, findFiles } from './find-files.ts';
import { type Parsed, type Place, SyntaxProblem } from './parsed.ts';
import { formatOf, parseBytes } from './read-file.ts';

/** What a file or a directory says about the subtree that it is imported to. */
export interface Source {
  readonly values: ReadonlyMap<string, string>;
  readonly files: number;
  readonly skipped: readonly string[];
  readonly warnings: readonly string[];
  /** Files, or a directory without any, that say nothing of the subtree that they are for. */
  readonly empty: readonly EmptyInput[];
}

export interface EmptyInput {
  readonly file: string;
  readonly subtree: string;
}

/** Something cannot be read as a whole. One line a problem, each naming its file. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads a configuration file, or all of a directory, as paths and values below `at`. A directory without any file is
 * an error, because it is mostly one that was not mounted, and so is an empty file for the root, unless `mayBeEmpty`.
 */
export async function readSource(
  input: string,
  at: string,
  {
    onFile,
    mayBeEmpty = false,
  }: {
    readonly onFile: (done: number, total: number) => void;
    readonly mayBeEmpty?: boolean;
  },
): Promise<Source> {
  const { files, skipped, problems } = await findInput(input, mayBeEmpty);
  const values = new Map<string, string>();
  const warnings: string[] = [];
  const empty: EmptyInput[] =
    files.length + problems.length === 0 ? [{ file: input, subtree: at }] : [];
  for (const [done, found] of files.entries()) {
    onFile(done, files.length);
    try {
      const base = found.keys.map(segmentOfKey).reduce(childOf, at);
      const read = await readValues(found, base, { warnings, mayBeEmpty });
      if (read.isEmpty) empty.push({ file: found.file, subtree: base });
      for (const [path, value] of read.values) values.set(path, value);
    } catch (error) {
      problems.push(`${found.file}${problemOf(error)}`);
    }
  }
  if (problems.length > 0) throw new SourceError(problems);
  return { values, files: files.length, skipped, warnings, empty };
}

async function findInput(input: string, mayBeEmpty: boolean): Promise<Found> {
  if ((await statOf(input)).isDirectory()) {
    const found = await findFiles(input);
    if (found.files.length + found.problems.length === 0 && !mayBeEmpty)
      throw new SourceError([`${input}: holds no YAML, JSON or TOML file`]);
    return found;
  }
  const format = formatOf(input);
  if (format === undefined)
    throw new SourceError([`${input}: is not named .yaml, .yml, .json or .toml`]);
  return { files: [{ file: input, format, keys: [] }], skipped: [], problems: [] };
}

async function statOf(input: string) {
  try {
    return await stat(input);
  } catch (error) {
    throw new SourceError([`${input}${problemOf(error)}`]);
  }
}

async function readValues(
  { file, format }: FoundFile,
  base: string,
  { warnings, mayBeEmpty }: { readonly warnings: string[]; readonly mayBeEmpty: boolean },
) {
  const parsed = parseBytes(await readFile(file), format);
  for (const { problem, place } of parsed.warnings)
    warnings.push(`${file}${at(place)}: ${problem}`);
  const { data } = parsed;
  const isEmpty = data === null || (isMap(data) && Object.keys(data).length === 0);
  // No entry can be at the root, not even one that says that there is nothing.
  const isNothing = isEmpty && base === ROOT && mayBeEmpty;
  const values = isNothing ? new Map<string, string>() : flattenAt(parsed, base);
  return { values, isEmpty };
}

function flattenAt(parsed: Parsed, base: string): Map<string, string> {
  try {
    return flatten(parsed.data, base);
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    throw new SyntaxProblem(error.message, parsed.locate(error.keys));
  }
}

/** The problem as it follows the name of its file. */
function problemOf(error: unknown): string {
  if (error instanceof SyntaxProblem) return `${at(error.place)}: ${error.message}`;
  // Node's message reads `ENOENT: no such file or directory, open 'x'`.
  if (error instanceof Error && 'code' in error)
    return `: ${error.message.replace(/, \w+( '.*')?$/, '').replace(/^\w+: /, '')}`;
  throw error;
}

function at(place: Place | undefined): string {
  return place === undefined ? '' : `:${place.line}:${place.column}`;
}
