import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Where LMDB 0.9.90, which lmdb-js 3.5 is built on, has things (`MDB_page_header`, `MDB_meta`, `MDB_db` of
 * its mdb.c). The first two pages of a file are meta pages, and the one of the later transaction counts.
 */
const meta = { magic: 24, version: 28, free: 48, main: 96, lastPage: 144, transaction: 152 };
const META_BYTES = 176;
const MAGIC = 0xbeefc0de;
const VERSION = 2;

/** The root of a table without rows. */
const NO_PAGE = 2n ** 64n - 1n;

/** A table, as the page that names it describes it. */
export interface TableRecord {
  readonly pageBytes: number;
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** `undefined` where it has no rows. */
  readonly root: number | undefined;
}

export const TABLE_RECORD_BYTES = 48;

export function tableRecordAt(bytes: Buffer, start: number): TableRecord {
  const long = (at: number) => Number(bytes.readBigUInt64LE(start + at));
  return {
    pageBytes: bytes.readUInt32LE(start),
    flags: bytes.readUInt16LE(start + 4),
    depth: bytes.readUInt16LE(start + 6),
    branchPages: long(8),
    leafPages: long(16),
    overflowPages: long(24),
    entries: long(32),
    root: bytes.readBigUInt64LE(start + 40) === NO_PAGE ? undefined : long(40),
  };
}

/** What the newest meta page says. */
export interface Newest {
  readonly free: TableRecord;
  readonly main: TableRecord;
  readonly lastPage: number;
}

const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
/** What one read takes: pages that are near each other are often asked for one after another. */
const WINDOW_BYTES = 32 * 1024;

/** The file of LMDB, read without LMDB, which maps it into memory and trusts it. */
export class LmdbFile {
  readonly pageBytes: number;
  readonly sizeBytes: number;
  readonly newest: Newest;
  readonly #descriptor: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.sizeBytes = fstatSync(descriptor).size;
    if (this.sizeBytes === 0) throw new Error('it is empty');
    const first = this.#meta(0);
    if (first.readUInt32LE(meta.magic) !== MAGIC) throw new Error('it is not from Confer');
    const version = first.readUInt32LE(meta.version);
    if (version !== VERSION) throw new Error(`LMDB's data version ${version} is not known`);
    this.pageBytes = tableRecordAt(first, meta.free).pageBytes;
    requirePageBytes(this.pageBytes);
    const second = this.#meta(this.pageBytes);
    if (second.readUInt32LE(meta.magic) !== MAGIC || second.readUInt32LE(meta.version) !== VERSION)
      throw new Error('its second page is damaged');
    const transactionOf = (page: Buffer) => page.readBigUInt64LE(meta.transaction);
    const newest = transactionOf(second) > transactionOf(first) ? second : first;
    this.newest = {
      free: tableRecordAt(newest, meta.free),
      main: tableRecordAt(newest, meta.main),
      lastPage: Number(newest.readBigUInt64LE(meta.lastPage)),
    };
  }

  /** Throws, in words for an operator, where the file is not one of LMDB. */
  static open(path: string): LmdbFile {
    const descriptor = openSync(path, 'r');
    try {
      return new LmdbFile(descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Some pages in a row, or what of them is in the file. Good until the next call. */
  read(page: number, count = 1): Buffer {
    const start = page * this.pageBytes;
    const bytes = count * this.pageBytes;
    const isThere =
      start >= this.#windowAt && start + bytes <= this.#windowAt + this.#window.length;
    if (!isThere) {
      this.#window = this.#readAt(start, Math.max(bytes, WINDOW_BYTES));
      this.#windowAt = start;
    }
    return this.#window.subarray(start - this.#windowAt, start - this.#windowAt + bytes);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #meta(position: number): Buffer {
    const page = this.#readAt(position, META_BYTES);
    if (page.length < META_BYTES) throw new Error('the file is cut off');
    return page;
  }

  #readAt(position: number, bytes: number): Buffer {
    const room = Buffer.alloc(Math.max(0, Math.min(bytes, this.sizeBytes - position)));
    const read = room.length === 0 ? 0 : readSync(this.#descriptor, room, 0, room.length, position);
    return room.subarray(0, read);
  }
}

function requirePageBytes(pageBytes: number): void {
  const isPower = (pageBytes & (pageBytes - 1)) === 0;
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX || !isPower)
    throw new Error('its first page is damaged');
}
