/** Of `MDB_page_header` and `MDB_node` in LMDB's mdb.c. */
const header = { number: 0, transaction: 8, flags: 18, lower: 20, upper: 22, bytes: 24 };
const node = { low: 0, high: 2, flags: 4, keyBytes: 6, bytes: 8 };

const kinds = { branch: 0x01, leaf: 0x02, overflow: 0x04 } as const;
/** Those that say what a page is; LMDB keeps others of its own in memory. */
const KIND_FLAGS = 0x7f;

const IS_LARGE = 0x01;
const IS_TABLE = 0x02;
/** `MDB_ovpage`: the first page, its transaction, and how many there are. */
const LARGE_BYTES = 24;

export type PageKind = keyof typeof kinds;

/** A value: in its page, or on pages of its own. */
export type NodeValue =
  | { readonly kind: 'inline'; readonly bytes: Buffer; readonly isTable: boolean }
  | LargeValue;

export interface LargeValue {
  readonly kind: 'large';
  readonly page: number;
  readonly pages: number;
  readonly length: number;
}

export interface LeafNode {
  readonly key: Buffer;
  readonly value: NodeValue;
}

export interface BranchNode {
  readonly key: Buffer;
  readonly page: number;
}

/** A page that is not what it should be, in words for an operator. */
export class PageProblem extends Error {
  override readonly name = 'PageProblem';
}

/** A page of a file that may hold anything: each offset is looked at before it is used. */
export class Page {
  readonly #bytes: Buffer;

  /** `number`: where it was read. `newest`: the last transaction that can have written it. */
  constructor(bytes: Buffer, number: number, newest: number) {
    if (bytes.length < header.bytes) throw new PageProblem('lies beyond the end of the file');
    this.#bytes = bytes;
    if (Number(bytes.readBigUInt64LE(header.number)) !== number)
      throw new PageProblem('says that it is another page');
    if (Number(bytes.readBigUInt64LE(header.transaction)) > newest)
      throw new PageProblem('says that it was written later than anything');
  }

  get kind(): PageKind | undefined {
    const flags = this.#bytes.readUInt16LE(header.flags) & KIND_FLAGS;
    if (flags === kinds.branch) return 'branch';
    if (flags === kinds.leaf) return 'leaf';
    return flags === kinds.overflow ? 'overflow' : undefined;
  }

  get overflowPages(): number {
    return this.#bytes.readUInt32LE(header.lower);
  }

  *leafNodes(): Generator<LeafNode, void, void> {
    for (const start of this.#nodes()) yield this.#leafNode(start);
  }

  /**
   * How many rows a leaf has, of which nothing is looked at but that each lies inside of it. `onLarge` gets
   * the values that have pages of their own. It takes less than half of the time.
   */
  countRows(onLarge: (value: LargeValue) => void): number {
    const bytes = this.#bytes;
    const { end, upper } = this.#bounds();
    for (let at = header.bytes; at < end; at += 2) {
      const start = this.#startAt(at, upper);
      const flags = this.#flagsAt(start);
      const length = bytes.readUInt32LE(start + node.low);
      const isLarge = (flags & IS_LARGE) !== 0;
      const keyEnd = this.#keyEnd(start, isLarge ? LARGE_BYTES : length);
      if (isLarge) onLarge(this.#largeAt(keyEnd, length));
    }
    return (end - header.bytes) / 2;
  }

  *branchNodes(): Generator<BranchNode, void, void> {
    for (const start of this.#nodes()) {
      const word = (at: number) => this.#bytes.readUInt16LE(start + at);
      const page = word(node.low) + word(node.high) * 2 ** 16 + word(node.flags) * 2 ** 32;
      yield { key: this.#keyOf(start, 0), page };
    }
  }

  *#nodes(): Generator<number, void, void> {
    const { end, upper } = this.#bounds();
    for (let at = header.bytes; at < end; at += 2) yield this.#startAt(at, upper);
  }

  /** Where the list of its rows ends, and where the first of them may begin. */
  #bounds(): { readonly end: number; readonly upper: number } {
    const bytes = this.#bytes;
    const lower = bytes.readUInt16LE(header.lower);
    const upper = bytes.readUInt16LE(header.upper);
    const end = header.bytes + lower;
    if (
      lower % 2 !== 0 ||
      end > bytes.length ||
      header.bytes + upper > bytes.length ||
      lower > upper
    )
      throw new PageProblem('has bounds that cannot be');
    return { end, upper: header.bytes + upper };
  }

  #startAt(at: number, upper: number): number {
    const start = header.bytes + this.#bytes.readUInt16LE(at);
    if (start < upper || start + node.bytes > this.#bytes.length)
      throw new PageProblem('has a row outside of itself');
    return start;
  }

  #flagsAt(start: number): number {
    const flags = this.#bytes.readUInt16LE(start + node.flags);
    if ((flags & ~(IS_LARGE | IS_TABLE)) !== 0) throw new PageProblem('has a row of no known kind');
    return flags;
  }

  #leafNode(start: number): LeafNode {
    const bytes = this.#bytes;
    const flags = this.#flagsAt(start);
    const length = bytes.readUInt32LE(start + node.low);
    const isLarge = (flags & IS_LARGE) !== 0;
    const key = this.#keyOf(start, isLarge ? LARGE_BYTES : length);
    const at = start + node.bytes + key.length;
    if (!isLarge)
      return {
        key,
        value: {
          kind: 'inline',
          bytes: bytes.subarray(at, at + length),
          isTable: (flags & IS_TABLE) !== 0,
        },
      };
    return { key, value: this.#largeAt(at, length) };
  }

  #largeAt(at: number, length: number): LargeValue {
    const page = Number(this.#bytes.readBigUInt64LE(at));
    const pages = Number(this.#bytes.readBigUInt64LE(at + 16));
    return { kind: 'large', page, pages, length };
  }

  #keyOf(start: number, valueBytes: number): Buffer {
    return this.#bytes.subarray(start + node.bytes, this.#keyEnd(start, valueBytes));
  }

  /** Looks that the value behind it is in the page, too. */
  #keyEnd(start: number, valueBytes: number): number {
    const end = start + node.bytes + this.#bytes.readUInt16LE(start + node.keyBytes);
    if (end + valueBytes > this.#bytes.length)
      throw new PageProblem('has a row that goes beyond its end');
    return end;
  }
}

/** Where the bytes of a value that has pages of its own begin in the first of them. */
export const LARGE_VALUE_AT = header.bytes;
