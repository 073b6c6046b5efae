import { checkRow } from './check-rows.ts';
import { LmdbFile, type TableRecord, tableRecordAt } from './lmdb-file.ts';
import { type LeafNode, PageProblem } from './page.ts';
import { bytesOf, pageAt, requireWhole, tableName } from './values.ts';

/** Behind a row, in the order of the file. */
export interface LookedUpTo {
  readonly table: string;
  readonly key: Buffer;
}

/** So many bytes of a value take as long as a row. */
const ROW_BYTES = 2_048;

/**
 * Looks at the next rows of a file that somebody writes to, and at the pages that lead to them. It goes
 * by what the file says now, so nothing is known of how many rows there should be. `work`: how many rows,
 * where long values count as several; one at least. Returns how far it came, `undefined` at the end.
 * Throws where something is not as it should be.
 *
 * It must be done within one turn of the event loop: the transaction that others read with lasts that
 * long, and keeps LMDB from using pages again that this looks at.
 */
export function lookOn(
  path: string,
  from: LookedUpTo | undefined,
  work: number,
): LookedUpTo | undefined {
  const file = LmdbFile.open(path);
  try {
    let left = work;
    for (const { name, record } of tablesOf(file)) {
      if (from !== undefined && name < from.table) continue;
      const after = name === from?.table ? from.key : undefined;
      let last = after;
      for (const { key, value } of nodesAfter(file, record, after)) {
        if (last !== undefined && Buffer.compare(last, key) >= 0)
          throw new PageProblem(`a page of the table ${name} has rows out of order`);
        requireWhole(file, value);
        const bytes = bytesOf(file, value);
        const row = checkRow(name, key, bytes);
        if ('problem' in row) throw new PageProblem(row.problem);
        last = key;
        left -= 1 + bytes.length / ROW_BYTES;
        if (left <= 0) return { table: name, key: last };
      }
    }
    return undefined;
  } finally {
    file.close();
  }
}

function* tablesOf(file: LmdbFile) {
  for (const { key, value } of nodesAfter(file, file.newest.main, undefined)) {
    if (value.kind !== 'inline' || !value.isTable)
      throw new PageProblem('the list of tables has what is no table');
    yield { name: tableName(key), record: tableRecordAt(value.bytes, 0) };
  }
}

function nodesAfter(
  file: LmdbFile,
  { root, depth }: TableRecord,
  after: Buffer | undefined,
): Iterable<LeafNode> {
  return root === undefined ? [] : nodesBelow(file, root, depth, after);
}

/** Those of a page and of all below it, whose key is behind `after`. `depth`: of leaves, from here. */
function* nodesBelow(
  file: LmdbFile,
  number: number,
  depth: number,
  after: Buffer | undefined,
): Generator<LeafNode, void, void> {
  const page = pageAt(file, number);
  if (page.kind !== (depth === 1 ? 'leaf' : 'branch'))
    throw new PageProblem(`page ${number} is no ${depth === 1 ? 'leaf' : 'branch'} page`);
  if (depth === 1) {
    for (const node of page.leafNodes())
      if (after === undefined || Buffer.compare(node.key, after) > 0) yield node;
    return;
  }
  const below = [...page.branchNodes()];
  // The key of the first is not there: it stands for all before the second.
  const isBehind = (i: number) =>
    after !== undefined && i > 0 && Buffer.compare(below[i]?.key ?? after, after) > 0;
  let first = 0;
  while (after !== undefined && first + 1 < below.length && !isBehind(first + 1)) first++;
  for (let i = first; i < below.length; i++)
    yield* nodesBelow(file, below[i]?.page ?? 0, depth - 1, i === first ? after : undefined);
}
