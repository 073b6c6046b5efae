import { basename } from 'node:path';
import { keyTexts } from './key-text.ts';
import { Memtable } from './memtable.ts';
import { type FoundRecord, PAGE_BYTES, RecordReader } from './record.ts';

/** Where the tables of a store say that its log goes on: what was written before is in them. */
export interface LogPlace {
  readonly sequence: number;
  /** So many records of the segment are in the tables, and so were on the disk. */
  readonly records: number;
  /** The store was closed: all of the log is in the tables, and the files do not matter. */
  readonly isClosed: boolean;
  /** So many transactions went into the tables themselves, because they are large. */
  readonly direct: number;
}

export interface SegmentContent {
  readonly path: string;
  readonly content: Buffer;
}

interface Scanned extends SegmentContent {
  /** 0 where no record is at its beginning. */
  readonly sequence: number;
  readonly records: readonly FoundRecord[];
  readonly endBytes: number;
}

/** What a log has that the tables do not. */
export interface Replayed {
  readonly rows: Memtable;
  /** The newest segment that there is. */
  readonly sequence: number;
}

/**
 * Reads a log. Records are written one after another, each once the one before is on the disk. So one
 * that is not whole is the last, cut off by a crash and acknowledged to nobody. Where something newer lies
 * behind it, or a segment that must be there is not, something acknowledged is damaged or lost: throws,
 * and names the file.
 *
 * `rows` has then all from before the damage: what was acknowledged first is not lost to what came later.
 *
 * What cannot be seen here: damage to the very last record, which looks as if it had never been whole.
 */
export function replay(
  files: readonly SegmentContent[],
  store: string,
  from: LogPlace,
  rows = new Memtable(),
): Replayed {
  const reader = new RecordReader(store);
  const scanned = files.map((file) => scan(reader, file));
  let { sequence } = from;
  let skipped = from.records;
  for (;;) {
    const segment = scanned.find((one) => one.sequence === sequence);
    if (segment === undefined) throw missing(scanned, sequence);
    if (segment.records.length < skipped)
      throw damaged(segment, 'is older than data.mdb, or damaged');
    const isFollowed = take(rows, segment.records.slice(skipped));
    requireNothingBehind(reader, segment);
    if (!isFollowed) break;
    sequence++;
    skipped = 0;
  }
  requireUnused(scanned, sequence);
  requireDirect(rows, from);
  return { rows, sequence: Math.max(...scanned.map((one) => one.sequence)) };
}

/** Takes the rows of records; whether the last one says that another segment follows. */
function take(rows: Memtable, records: readonly FoundRecord[]): boolean {
  for (const record of records) {
    // safeguard: log-ends-where-the-next-segment-is-announced
    if (record.rows === 'turn') return true;
    rows.take(record.rows);
  }
  return false;
}

function scan(reader: RecordReader, { path, content }: SegmentContent): Scanned {
  const records: FoundRecord[] = [];
  let endBytes = 0;
  let next = reader.read(content, 0);
  const sequence = next?.index === 0 ? next.sequence : 0;
  while (next !== undefined && next.sequence === sequence && next.index === records.length) {
    records.push(next);
    endBytes += next.pagesBytes;
    next = reader.read(content, endBytes);
  }
  return { path, content, sequence, records, endBytes };
}

function requireNothingBehind(reader: RecordReader, segment: Scanned): void {
  const { content, endBytes, sequence, records } = segment;
  for (let offset = endBytes + PAGE_BYTES; offset < content.length; offset += PAGE_BYTES) {
    const beyond = reader.placeAt(content, offset);
    if (beyond?.sequence === sequence && beyond.index > records.length)
      throw damaged(segment, `is damaged at byte ${endBytes}`);
  }
}

/** A segment that was begun when the server died has nothing in it: nobody had turned to it yet. */
function requireUnused(scanned: readonly Scanned[], last: number): void {
  for (const segment of scanned)
    if (segment.sequence > last && segment.records.length > 1)
      throw damaged(segment, 'goes on where the log before it does not');
}

/** The log knows of each transaction that is not in it; where the tables lack one, they are not those of then. */
function requireDirect(rows: Memtable, { direct }: LogPlace): void {
  const noted = Number(rows.rows.meta.find(keyTexts.meta('direct'))?.row ?? 0);
  if (noted > direct) throw new Error('its data.mdb lacks a large commit that the log knows of');
}

function missing(scanned: readonly Scanned[], sequence: number): Error {
  const found = scanned.map(({ path, sequence: own }) => `${basename(path)} has ${own || 'none'}`);
  return new Error(`its write-ahead log lacks segment ${sequence} (${found.join(', ')})`);
}

function damaged({ path }: SegmentContent, how: string): Error {
  return new Error(`its file ${basename(path)} ${how}`);
}
