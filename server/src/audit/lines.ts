import { createReadStream } from 'node:fs';

/** More than any line has. What is longer is none, and is not kept in memory to find out. */
const LINE_BYTES_MAX = 512 * 1024;
const NEWLINE = 0x0a;

/** One line of a file, as it is there. */
export interface RawLine {
  readonly bytes: Buffer;
  /** Where it begins. */
  readonly offset: number;
  /** Whether the end of the line is there. */
  readonly isWhole: boolean;
}

/** The lines of a file, from one that begins at an offset. Memory holds a line at a time. */
export async function* linesOf(path: string, offset = 0): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let restAt = offset;
  for await (const chunk of createReadStream(path, { start: offset })) {
    if (!Buffer.isBuffer(chunk)) continue;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end === -1) break;
      yield { bytes: bytes.subarray(start, end), offset: restAt + start, isWhole: true };
      start = end + 1;
    }
    rest = bytes.subarray(start);
    restAt += start;
    if (rest.length > LINE_BYTES_MAX) break;
  }
  if (rest.length > 0) yield { bytes: rest, offset: restAt, isWhole: false };
}

/** A line that was read, with what its place in the chain needs. */
export interface AuditLine {
  readonly seq: number;
  /** Of a link: the sum of all lines from the link before it on. */
  readonly prev: string | undefined;
  readonly event: string;
  /** As it is in the file. */
  readonly text: string;
  readonly fields: ReadonlyMap<string, unknown>;
}

/** `undefined` for what is no line of an audit. */
export function parseLine(text: string): AuditLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const seq = fields.get('seq');
  const prev = fields.get('prev');
  const event = fields.get('event');
  const isLine =
    typeof seq === 'number' &&
    Number.isSafeInteger(seq) &&
    (prev === undefined || typeof prev === 'string') &&
    typeof event === 'string';
  return isLine ? { seq, prev, event, text, fields } : undefined;
}
