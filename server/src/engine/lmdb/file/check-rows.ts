import { ROOT } from '@confer/shared';
import { DamageError } from '../damage.ts';
import { ProblemList } from '../problem-list.ts';
import { headOf, LazyEntryRow, linkOf } from '../row-codec.ts';
import { decodeRow } from '../rows.ts';
import { type TableName, tableKeys } from '../tables.ts';
import type { LmdbFile } from './lmdb-file.ts';
import { type Walked, walk } from './walk.ts';

export interface Checked extends Walked {
  /** By table, those that are as they were written. */
  readonly rows: ReadonlyMap<string, number>;
}

/** Looks through a file and at each row of it; others may come in at each `yield`. */
export function* checkRows(
  file: LmdbFile,
  take: (table: TableName, key: Buffer, text: string) => void = () => {},
): Generator<void, Checked, void> {
  const rows = new Map<string, number>();
  const damaged = new ProblemList();
  const { problems } = yield* walk(file, (name, key, value) => {
    const row = checkRow(name, key, value());
    if ('problem' in row) damaged.add(row.problem);
    else {
      rows.set(name, (rows.get(name) ?? 0) + 1);
      take(row.table, key, row.text);
    }
  });
  return { rows, problems: [...problems, ...damaged.lines] };
}

/** A row that is as it was written, or what is wrong with it. */
export function checkRow(
  name: string,
  key: Buffer,
  value: Buffer,
): { readonly table: TableName; readonly text: string } | { readonly problem: string } {
  const table = tableNamed(name);
  const problem = (what: string) => `the row ${keyText(table, key)} of the table ${name}: ${what}`;
  if (table === undefined) return { problem: problem('no table of Confer') };
  const text = decodeRow(value);
  if (text === undefined) return { problem: problem('is not as it was written') };
  const what = problemOf(table, key, text);
  return what === undefined ? { table, text } : { problem: problem(what) };
}

function tableNamed(name: string): TableName | undefined {
  return isTableName(name) ? name : undefined;
}

function isTableName(name: string): name is TableName {
  return Object.hasOwn(tableKeys, name);
}

function problemOf(table: TableName, key: Buffer, text: string): string | undefined {
  try {
    if (table === 'entries') new LazyEntryRow(pathOf(key), text, () => undefined);
    if (table === 'log') {
      headOf(text);
      const [, path] = tableKeys.log.readKey(Buffer.from(key), 0, key.length);
      if (path !== ROOT) linkOf(path, text, () => undefined);
    }
    return undefined;
  } catch (error) {
    return error instanceof DamageError ? 'is of another path' : 'cannot be read';
  }
}

export function pathOf(key: Buffer): string {
  return tableKeys.entries.readKey(Buffer.from(key), 0, key.length);
}

/** A key as people read it. */
function keyText(table: TableName | undefined, key: Buffer): string {
  if (table === undefined || key.length === 0) return key.toString('hex');
  try {
    return JSON.stringify(tableKeys[table].readKey(Buffer.from(key), 0, key.length));
  } catch {
    return key.toString('hex');
  }
}
