import type { Change, Commit, Entry } from '@confer/shared';
import type { Context } from '../context.ts';
import { type Palette, paletteOf } from './colour.ts';
import { formatOf } from './format.ts';
import { oneLine } from './text.ts';

/** Prints what a watch sees. */
export interface ChangePrinter {
  /** An entry that was there at `revision`, before the first commit. */
  initial(entry: Entry, revision: number): Promise<void>;
  commit(commit: Commit): Promise<void>;
}

export function changePrinterOf(context: Context): ChangePrinter {
  const { stdout } = context.terminal;
  const palette = paletteOf(context.terminal);
  const lineOf = formatOf(context, ['table', 'ndjson']) === 'ndjson' ? JSON.stringify : human;

  function human(record: ChangeRecord): string {
    return lineForPeople(record, palette);
  }

  return {
    initial: (entry, revision) => stdout.write(`${lineOf(initialRecord(entry, revision))}\n`),
    commit: (commit) =>
      stdout.write(
        commit.changes.map((change) => `${lineOf(recordOf(commit, change))}\n`).join(''),
      ),
  };
}

/** One line of `-o ndjson`. */
interface ChangeRecord {
  readonly revision: number;
  readonly type: Change['type'];
  readonly path: string;
  readonly value?: string;
  readonly time: number;
  readonly actor: string;
  readonly note?: string;
  readonly initial?: true;
  readonly [more: string]: unknown;
}

function recordOf({ revision, time, actor, note }: Commit, change: Change): ChangeRecord {
  const { type, path } = change;
  const about = { time, actor, ...(note === undefined ? {} : { note }) };
  if (change.type === 'delete') return { revision, type, path, cause: change.cause, ...about };
  return {
    revision,
    type,
    path,
    value: change.entry.value,
    ...about,
    ...revisionsOf(change.entry),
  };
}

function initialRecord(entry: Entry, revision: number): ChangeRecord {
  const { path, value, updatedAt: time, updatedBy: actor } = entry;
  return { revision, type: 'put', path, value, time, actor, ...revisionsOf(entry), initial: true };
}

function revisionsOf({ createRevision, modRevision, version, lease }: Entry) {
  return { createRevision, modRevision, version, ...(lease === undefined ? {} : { lease }) };
}

function lineForPeople(record: ChangeRecord, { dim, added, removed }: Palette): string {
  const { type, revision, path, value, time, actor, note } = record;
  const what = type === 'put' ? added('put   ') : removed('delete');
  const now = value === undefined ? '' : ` = ${oneLine(value)}`;
  const why = note === undefined ? actor : `${actor}: ${note}`;
  const about = dim(`  [${oneLine(why)}]`);
  return `${dim(new Date(time).toISOString())}  ${revision}  ${what}  ${path}${now}${about}`;
}
