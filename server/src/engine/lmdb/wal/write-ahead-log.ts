import type { LogFile } from './log-file.ts';
import { Memtable } from './memtable.ts';
import { RecordWriter } from './record.ts';

/** The segment that is written to. */
interface Segment {
  readonly file: LogFile;
  readonly sequence: number;
  /** Records that are in it. */
  readonly records: number;
  /** Where the next one goes. */
  readonly endBytes: number;
}

/**
 * Writes what is to be durable, a record at a time, into one of two files until that is full, and then
 * into the other, from its beginning. Each such run is a segment. It begins with a record of nothing, and
 * ends with one that says that the next segment follows: so none can be missing unnoticed.
 */
export class WriteAheadLog {
  readonly #writer: RecordWriter;
  readonly #segmentBytes: number;
  #active: Segment;
  #other: LogFile;

  private constructor(writer: RecordWriter, active: Segment, other: LogFile, segmentBytes: number) {
    this.#writer = writer;
    this.#active = active;
    this.#other = other;
    this.#segmentBytes = segmentBytes;
  }

  /**
   * Begins a segment in the first of two files, whose content is of no use any more. A segment is full
   * once it has so many bytes, and one record may go beyond that.
   */
  static async begin(
    store: string,
    [file, other]: readonly [LogFile, LogFile],
    sequence: number,
    segmentBytes: number,
  ): Promise<WriteAheadLog> {
    const writer = new RecordWriter(store);
    const active = await beginSegment(writer, file, sequence);
    return new WriteAheadLog(writer, active, other, segmentBytes);
  }

  /** Which segment is written to, and how many records it has. */
  get place(): { readonly sequence: number; readonly records: number } {
    const { sequence, records } = this.#active;
    return { sequence, records };
  }

  get isFull(): boolean {
    return this.#active.endBytes >= this.#segmentBytes;
  }

  /**
   * Resolves once the rows are on the disk. Rejects with the error of the system; then `withdraw` makes
   * sure that they are not.
   */
  append(rows: Memtable): Promise<void> {
    return this.#append(rows);
  }

  /**
   * Makes sure that what could not be written whole is not there. Rejects where nobody knows.
   * safeguard: failed-append-is-withdrawn
   */
  withdraw(): Promise<void> {
    return this.#active.file.cut(this.#active.endBytes);
  }

  /**
   * Goes on in the other file, whose content must be of no use any more: the new segment is there before
   * the old one says so, and that is said before anything is written into the new one.
   */
  async turn(): Promise<void> {
    const { file, sequence } = this.#active;
    const next = await beginSegment(this.#writer, this.#other, sequence + 1);
    await this.#append('turn');
    this.#other = file;
    this.#active = next;
  }

  async close(): Promise<void> {
    await Promise.all([this.#active.file.close(), this.#other.close()]);
  }

  async #append(rows: Memtable | 'turn'): Promise<void> {
    const { file, sequence, records, endBytes } = this.#active;
    const bytes = this.#writer.write({ sequence, index: records }, rows);
    await file.write(bytes, endBytes);
    this.#active = { file, sequence, records: records + 1, endBytes: endBytes + bytes.length };
  }
}

async function beginSegment(
  writer: RecordWriter,
  file: LogFile,
  sequence: number,
): Promise<Segment> {
  const bytes = writer.write({ sequence, index: 0 }, new Memtable());
  await file.write(bytes, 0);
  return { file, sequence, records: 1, endBytes: bytes.length };
}
