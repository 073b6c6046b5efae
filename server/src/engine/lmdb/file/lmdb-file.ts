import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Where LMDB 0.9.90, which lmdb-js 3.5 is built on, has things (`MDB_page_header`, `MDB_meta`, `MDB_db` of
 * its mdb.c). The first two pages of a file are meta pages, and the one of the later transaction counts.
 */
const meta = {
  number: 0,
  flags: 18,
  magic: 24,
  version: 28,
  free: 48,
  main: 96,
  lastPage: 144,
  transaction: 152,
};
const META_BYTES = 176;
const IS_META = 0x08;
/** `MDB_INTEGERKEY`: those of the list of free pages, which has numbers for keys, and no others. */
const FREE_FLAGS = 0x08;
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
  readonly pageBytes: number;
  readonly free: TableRecord;
  readonly main: TableRecord;
  readonly lastPage: number;
  /** Pages are of this transaction, or of one before. */
  readonly transaction: number;
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
  /** What is wrong with one of the two pages that say where everything is. */
  readonly damagedMeta: string | undefined;
  readonly #descriptor: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  private constructor(descriptor: number, isLenient: boolean) {
    this.#descriptor = descriptor;
    this.sizeBytes = fstatSync(descriptor).size;
    if (this.sizeBytes === 0) throw new Error('it is empty');
    const metas = this.#metas();
    const whole = metas.filter((one) => typeof one !== 'string');
    this.damagedMeta = metas.find((one) => typeof one === 'string');
    const [first, second = first] = whole;
    if (
      first === undefined ||
      second === undefined ||
      (!isLenient && this.damagedMeta !== undefined)
    )
      throw new Error(this.damagedMeta ?? 'it has no meta page');
    this.newest = second.transaction > first.transaction ? second : first;
    this.pageBytes = first.pageBytes;
    if (second.pageBytes !== this.pageBytes) throw new Error('its first two pages do not fit');
  }

  /** Throws, in words for an operator, where the file is not one of LMDB. */
  static open(path: string): LmdbFile {
    return LmdbFile.#open(path, false);
  }

  /** The same for one who takes what he can get: one meta page that is whole is enough. */
  static openDamaged(path: string): LmdbFile {
    return LmdbFile.#open(path, true);
  }

  static #open(path: string, isLenient: boolean): LmdbFile {
    const descriptor = openSync(path, 'r');
    try {
      return new LmdbFile(descriptor, isLenient);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Some pages in a row, or what of them is in the file. */
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

  /** Both, or what is wrong with each. The second lies where the page of the first ends, whatever its size. */
  #metas(): readonly (Newest | string)[] {
    const first = metaOf(this.#readAt(0, META_BYTES), 0);
    if (typeof first !== 'string')
      return [first, metaOf(this.#readAt(first.pageBytes, META_BYTES), 1)];
    for (let pageBytes = PAGE_BYTES_MIN; pageBytes <= PAGE_BYTES_MAX; pageBytes *= 2) {
      const second = metaOf(this.#readAt(pageBytes, META_BYTES), 1);
      if (typeof second !== 'string' && second.pageBytes === pageBytes) return [first, second];
    }
    return [first];
  }

  #readAt(position: number, bytes: number): Buffer {
    const room = Buffer.alloc(Math.max(0, Math.min(bytes, this.sizeBytes - position)));
    const read = room.length === 0 ? 0 : readSync(this.#descriptor, room, 0, room.length, position);
    return room.subarray(0, read);
  }
}

/** What a meta page says, or why it cannot be believed. */
function metaOf(page: Buffer, number: number): Newest | string {
  if (page.length < META_BYTES) return 'the file is cut off';
  if (page.readUInt32LE(meta.magic) !== MAGIC)
    return number === 0 ? 'it is not from Confer' : 'its second page is damaged';
  const version = page.readUInt32LE(meta.version);
  if (version !== VERSION) return `LMDB's data version ${version} is not known`;
  const free = tableRecordAt(page, meta.free);
  const main = tableRecordAt(page, meta.main);
  const isWhole =
    Number(page.readBigUInt64LE(meta.number)) === number &&
    page.readUInt16LE(meta.flags) === IS_META &&
    free.flags === FREE_FLAGS &&
    main.flags === 0 &&
    isPageSize(free.pageBytes);
  if (!isWhole) return `its ${number === 0 ? 'first' : 'second'} page is damaged`;
  return {
    pageBytes: free.pageBytes,
    free,
    main,
    lastPage: Number(page.readBigUInt64LE(meta.lastPage)),
    transaction: Number(page.readBigUInt64LE(meta.transaction)),
  };
}

function isPageSize(pageBytes: number): boolean {
  const isPower = (pageBytes & (pageBytes - 1)) === 0;
  return pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX && isPower;
}
