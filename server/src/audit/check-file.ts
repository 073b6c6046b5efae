import type { AuditFileName } from './audit-file.ts';
import { Chain } from './chain.ts';
import type { AuditLink } from './events.ts';
import { BEGIN } from './line.ts';
import { type AuditLine, linesOf, parseLine, type RawLine } from './lines.ts';

/** What was done to a file that does not follow from what is before it. */
export type AuditDamage =
  | 'edited'
  | 'deleted'
  | 'swapped'
  | 'inserted'
  | 'truncated'
  | 'missing_file'
  | 'foreign_file';

/** The first place where a chain is broken. */
export interface AuditProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly why: AuditDamage;
  /** In words, for people. */
  readonly text: string;
}

/** How far a chain is whole. */
export interface ChainEnd {
  readonly link: AuditLink;
  /** The file that `link` is in, and the number of its line; none at the very beginning. */
  readonly at?: { readonly file: string; readonly line: number; readonly last: AuditLine };
}

export interface CheckedFile {
  readonly end: ChainEnd;
  readonly lines: number;
  /** How many bytes are whole lines of the chain. */
  readonly wholeBytes: number;
  /** Whether a part of a line follows, or zeros: what a process or a machine leaves that dies while it writes. */
  readonly isTorn: boolean;
  readonly problem?: AuditProblem;
}

/** Where everything begins; what a file that is the first one says of the one before it is believed. */
export const CHAIN_BEGIN: ChainEnd = { link: BEGIN };

/** What it is good for to know: the lines on the way. */
interface CheckOptions {
  readonly onLine?: (line: AuditLine, link: AuditLink, number: number) => void;
  /** Whether nothing before it is there: then it says itself what it follows. */
  readonly isFirst?: boolean;
}

interface NumberedLine {
  readonly number: number;
  readonly raw: RawLine;
  readonly line: AuditLine | undefined;
}

/**
 * Goes through a file line by line and holds each against those before it. Ends at the first that does not fit, and
 * looks at those behind it only to say what was done: one line that fits neither side was edited; one that fits
 * the next, but not what is before it, shows that that was edited.
 */
export async function checkFile(
  directory: string,
  file: AuditFileName,
  before: ChainEnd,
  { onLine, isFirst = false }: CheckOptions = {},
): Promise<CheckedFile> {
  const lines = numbered(`${directory}/${file.name}`);
  let chain = new Chain(before.link);
  let { at } = before;
  let wholeBytes = 0;
  let count = 0;
  const done = () => {
    const link = { seq: chain.seq, hash: chain.hash };
    return { end: { link, ...(at === undefined ? {} : { at }) }, lines: count, wholeBytes };
  };
  for await (const current of lines) {
    const { raw, line, number } = current;
    if (!raw.isWhole || raw.bytes.includes(0)) return { ...done(), isTorn: true };
    if (line === undefined)
      return {
        ...done(),
        isTorn: false,
        problem: problem(file, number, 'edited', 'is no line of an audit'),
      };
    if (number === 1 && isFirst && line.prev !== undefined)
      chain = new Chain({ seq: line.seq - 1, hash: line.prev });
    // safeguard: first-line-says-what-it-continues
    const isOfFile = number > 1 || (line.seq === file.seq && line.prev !== undefined);
    if (!isOfFile || !chain.isContinuedBy(line)) {
      const { end } = done();
      const found =
        number === 1
          ? await ofFirstLine(file, current, end, lines)
          : await ofLine(file, current, chain, lines);
      return { ...done(), isTorn: false, problem: found };
    }
    chain.take(line, raw.bytes, number);
    onLine?.(line, chain, number);
    at = { file: file.name, line: number, last: line };
    wholeBytes = raw.offset + raw.bytes.length + 1;
    count++;
  }
  return { ...done(), isTorn: false };
}

async function* numbered(path: string): AsyncGenerator<NumberedLine> {
  let number = 0;
  for await (const raw of linesOf(path)) {
    const line = raw.isWhole ? parseLine(raw.bytes.toString()) : undefined;
    yield { number: ++number, raw, line };
  }
}

/** A file that does not go on where the one before it ended. */
async function ofFirstLine(
  file: AuditFileName,
  { line, raw }: NumberedLine,
  before: ChainEnd,
  rest: AsyncGenerator<NumberedLine>,
): Promise<AuditProblem> {
  const { at, link } = before;
  const last = at?.last;
  if (line?.seq !== file.seq)
    return problem(file, 1, 'edited', 'has not the number that the name of the file says');
  if (line.prev === undefined)
    return problem(file, 1, 'edited', 'does not say which line it continues');
  if (last !== undefined && last.fields.get('gateway') !== line.fields.get('gateway'))
    return problem(file, 1, 'foreign_file', 'is of another server');
  if (line.seq <= link.seq)
    return problem(file, 1, 'foreign_file', `has number ${line.seq}, which was there before`);
  const next = last?.fields.get('next');
  if (line.seq > link.seq + 1) {
    const gone = missing(link.seq + 1, line.seq - 1);
    return at === undefined || (last?.event === 'rotated' && next !== file.name)
      ? problem(file, 1, 'missing_file', `follows a file that is not there: ${gone}`)
      : problem({ name: at.file }, at.line + 1, 'truncated', truncated(link.seq + 1, line.seq - 1));
  }
  if (at === undefined || (last?.event === 'rotated' && next !== file.name))
    return problem(file, 1, 'foreign_file', `does not follow ${at?.file ?? 'the beginning'}`);
  return (await isContinued(line, raw, rest))
    ? problem({ name: at.file }, at.line, 'edited', 'is not what the file after it continues')
    : problem(file, 1, 'edited', 'continues another line than the one before it');
}

/** Whether the link behind a line goes on from it, or there is none. */
async function isContinued(line: AuditLine, raw: RawLine, rest: AsyncGenerator<NumberedLine>) {
  const chain = new Chain(BEGIN);
  chain.take(line, raw.bytes, 1);
  for await (const next of rest) {
    if (next.line === undefined) return false;
    if (next.line.prev !== undefined) return next.line.prev === chain.hash;
    chain.take(next.line, next.raw.bytes, 1);
  }
  return true;
}

async function ofLine(
  file: AuditFileName,
  { line, number, raw }: NumberedLine,
  { seq, hash, from }: Chain,
  rest: AsyncGenerator<NumberedLine>,
): Promise<AuditProblem> {
  const expected = seq + 1;
  if (line === undefined) return problem(file, number, 'edited', 'is no line of an audit');
  const isRenumbered = `has number ${line.seq} instead of ${expected}`;
  if (line.prev === hash) return problem(file, number, 'edited', isRenumbered);
  if (line.seq === expected)
    return (await isContinued(line, raw, rest))
      ? problem(file, from, 'edited', oneOf(from, number))
      : problem(file, number, 'edited', 'continues another line than the one before it');
  let next: AuditLine | undefined;
  for await (const later of rest) {
    next ??= later.line;
    if (later.line?.seq === expected && line.seq > expected)
      return problem(
        file,
        number,
        'swapped',
        `has number ${line.seq}; number ${expected} is in line ${later.number}`,
      );
  }
  if (next?.seq === expected + 1) return problem(file, number, 'edited', isRenumbered);
  if (line.seq < expected)
    return problem(file, number, 'inserted', `has number ${line.seq}, which was there before`);
  return problem(
    file,
    number,
    'deleted',
    `should be number ${expected}: ${missing(expected, line.seq - 1)}`,
  );
}

/** Lines that one sum is of. */
function oneOf(from: number, next: number): string {
  return from === next - 1
    ? 'is not what the line after it continues'
    : `or one of those up to line ${next - 1} is not what line ${next} continues`;
}

function missing(first: number, last: number): string {
  return first === last ? `number ${first} is missing` : `numbers ${first} to ${last} are missing`;
}

export function truncated(first: number, last: number): string {
  return `is not there: the end of the file was cut off, and ${missing(first, last)}`;
}

export function problem(
  { name }: Pick<AuditFileName, 'name'>,
  line: number,
  why: AuditDamage,
  text: string,
): AuditProblem {
  return { file: name, line, why, text };
}

/** One line for people. */
export function problemText({ file, line, why, text }: AuditProblem): string {
  return `${file}, line ${line} ${text} (${why})`;
}
