import { ProblemList } from '../problem-list.ts';
import { type LmdbFile, TABLE_RECORD_BYTES, type TableRecord, tableRecordAt } from './lmdb-file.ts';
import { type LargeValue, type LeafNode, type NodeValue, type Page, PageProblem } from './page.ts';
import { bytesOf, pageAt, requireWhole, tableName } from './values.ts';

/** Told of each row of a table, in order. */
export type Visit = (table: string, key: Buffer, value: () => Buffer) => void;

export interface Walked {
  /** What is not as LMDB would have it, one line each. */
  readonly problems: readonly string[];
}

/** Rows that are looked at between two pauses. */
const STEP_ROWS = 2_000;
/** So many bytes of a long value take as long as a row. */
const ROW_BYTES = 2_048;
const DEPTH_MAX = 32;

/** Looks through a whole file, its tables one after the other; others may come in at each `yield`. */
export function* walk(file: LmdbFile, visit: Visit): Generator<void, Walked, void> {
  const walker = new Walker(file, visit);
  yield* walker.run();
  return { problems: walker.problems };
}

/**
 * Looks only whether LMDB could go through a file: whether each page is what the one above it takes it
 * for, belongs to one place, and has its rows inside. Of a row it looks at nothing else.
 */
export function walkPages(file: LmdbFile): readonly string[] {
  const walker = new Walker(file, undefined);
  const steps = walker.run();
  while (steps.next().done !== true);
  return walker.problems;
}

/** `MDB_INTEGERKEY`: keys are numbers of the machine, lowest byte first, as those of the list of free pages. */
const HAS_NUMBERS = 0x08;
const NUMBER_BYTES = 8;

function compareKeys({ flags }: TableRecord, a: Buffer, b: Buffer): number {
  const areNumbers = a.length === NUMBER_BYTES && b.length === NUMBER_BYTES;
  if ((flags & HAS_NUMBERS) === 0 || !areNumbers) return Buffer.compare(a, b);
  return a.readBigUInt64LE() < b.readBigUInt64LE() ? -1 : 1;
}

function longBytes(value: NodeValue): number {
  return value.kind === 'inline' ? 0 : value.length;
}

interface Count {
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
}

interface TreeWalk {
  readonly record: TableRecord;
  readonly count: Count;
  readonly take: (node: LeafNode) => void;
}

class Walker {
  readonly #problems = new ProblemList();
  readonly #file: LmdbFile;
  /** Without it rows are only counted. */
  readonly #visit: Visit | undefined;
  readonly #seen: Uint8Array;
  #left = STEP_ROWS;

  constructor(file: LmdbFile, visit: Visit | undefined) {
    this.#file = file;
    this.#visit = visit;
    this.#seen = new Uint8Array(Math.ceil(file.sizeBytes / file.pageBytes) + 1);
    this.#seen.fill(1, 0, 2);
  }

  get problems(): readonly string[] {
    return this.#problems.lines;
  }

  *run(): Generator<void, void, void> {
    const { main, free, lastPage } = this.#file.newest;
    const there = Math.floor(this.#file.sizeBytes / this.#file.pageBytes);
    if (lastPage >= there)
      this.#problem(
        'the file',
        `is cut off: it has ${there} pages, and ${lastPage + 1} are in use`,
      );
    const tables: { readonly name: string; readonly record: TableRecord }[] = [];
    yield* this.#table('the list of tables', main, ({ key, value }) => {
      if (value.kind !== 'inline' || !value.isTable || value.bytes.length !== TABLE_RECORD_BYTES)
        throw new PageProblem('has what is no table in the list of tables');
      tables.push({ name: tableName(key), record: tableRecordAt(value.bytes, 0) });
    });
    const visit = this.#visit;
    for (const { name, record } of tables)
      yield* this.#table(
        `the table ${name}`,
        record,
        visit && (({ key, value }) => visit(name, key, () => bytesOf(this.#file, value))),
      );
    yield* this.#table('the list of free pages', free, ({ value }) => this.#free(value));
  }

  *#table(
    name: string,
    record: TableRecord,
    take: ((node: LeafNode) => void) | undefined,
  ): Generator<void, void, void> {
    const count: Count = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
    if (record.root !== undefined) yield* this.#tree(name, record, count, take);
    for (const what of ['branchPages', 'leafPages', 'overflowPages', 'entries'] as const)
      if (count[what] !== record[what])
        this.#problem(name, `has ${count[what]} ${what} where ${record[what]} are noted`);
  }

  /** Depth first. A page that is damaged is told of, and what lies below it is left out. */
  *#tree(
    name: string,
    record: TableRecord,
    count: Count,
    take: ((node: LeafNode) => void) | undefined,
  ): Generator<void, void, void> {
    const waiting = [{ page: record.root ?? 0, depth: 1 }];
    let last: Buffer = Buffer.alloc(0);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { page: number, depth } = next;
      try {
        const page = this.#claim(number);
        const isLeaf = depth === record.depth;
        if (page.kind !== (isLeaf ? 'leaf' : 'branch') || depth > DEPTH_MAX)
          throw new PageProblem(`is no ${isLeaf ? 'leaf' : 'branch'} page`);
        if (isLeaf) {
          count.leafPages++;
          if (take === undefined) this.#countRows(page, count);
          else last = yield* this.#rows(page, last, { record, count, take });
        } else {
          count.branchPages++;
          const below = [...page.branchNodes()].map((node) => node.page);
          for (const child of below.reverse()) waiting.push({ page: child, depth: depth + 1 });
        }
      } catch (error) {
        if (!(error instanceof PageProblem)) throw error;
        this.#problem(`page ${number} of ${name}`, error.message);
      }
    }
  }

  /** Returns the last key. */
  *#rows(
    page: Page,
    before: Buffer,
    { record, count, take }: TreeWalk,
  ): Generator<void, Buffer, void> {
    let last = before;
    for (const node of page.leafNodes()) {
      if (count.entries > 0 && compareKeys(record, last, node.key) >= 0)
        throw new PageProblem('has rows out of order');
      last = node.key;
      count.entries++;
      if (node.value.kind === 'large') {
        count.overflowPages += this.#claimLarge(node.value);
        requireWhole(this.#file, node.value);
      }
      take(node);
      this.#left -= 1 + longBytes(node.value) / ROW_BYTES;
      if (this.#left <= 0) {
        this.#left = STEP_ROWS;
        yield;
      }
    }
    return last;
  }

  #countRows(page: Page, count: Count): void {
    count.entries += page.countRows((value) => {
      count.overflowPages += this.#claimLarge(value);
    });
  }

  #claim(number: number): Page {
    this.#mark(number);
    return pageAt(this.#file, number);
  }

  #claimLarge({ page, pages }: LargeValue): number {
    if (pages > this.#file.newest.lastPage)
      throw new PageProblem('has a long value that does not fit its pages');
    for (let i = 0; i < pages; i++) this.#mark(page + i);
    return pages;
  }

  #free(value: NodeValue): void {
    const bytes = bytesOf(this.#file, value);
    if (bytes.length % 8 !== 0) throw new PageProblem('has a list of odd length');
    const numbers = bytes.length / 8;
    const count = numbers === 0 ? 0 : Number(bytes.readBigUInt64LE(0));
    if (count > numbers - 1) throw new PageProblem('has a list that is cut off');
    for (let i = 1; i <= count; i++) {
      const entry = Number(bytes.readBigInt64LE(i * 8));
      // lmdb-js writes several pages in a row as their number, negative, and the first of them.
      const run = entry < 0 ? -entry : 1;
      const first = entry < 0 && i < count ? Number(bytes.readBigInt64LE(++i * 8)) : entry;
      // Places that it keeps open are 0.
      for (let page = first; first > 0 && page < first + run; page++) this.#mark(page);
    }
  }

  /** Each page belongs to one place. */
  #mark(page: number): void {
    if (page > this.#file.newest.lastPage)
      throw new PageProblem(`leads to page ${page}, which is not in use`);
    if (page >= this.#seen.length) throw new PageProblem(`leads to page ${page}, beyond the file`);
    if (this.#seen[page] === 1) throw new PageProblem(`leads to page ${page}, which others have`);
    this.#seen[page] = 1;
  }

  #problem(where: string, what: string): void {
    this.#problems.add(`${where} ${what}`);
  }
}
