import { compareCodePoints, type DeleteCause, orderKey } from '@confer/shared';
import { expect, it } from 'vitest';
import { Compaction } from './lmdb-compaction.ts';
import type {
  CommitRow,
  DeletionPlace,
  DeletionsRow,
  EntryRow,
  MetaKey,
  MetaRow,
  OutcomeRow,
  RetiredRow,
  Table,
  VersionKey,
  VersionRow,
} from './lmdb-layout.ts';

/** A table over an array that is sorted at each look. */
function tableOf<Key, Row>(compare: (a: Key, b: Key) => number, rows: [Key, Row][]) {
  const inRange: Table<Key, Row>['rows'] = ({ start, end, reverse = false, limit }) => {
    const sign = reverse ? -1 : 1;
    return rows
      .filter(([key]) => compare(key, start) * sign >= 0 && compare(key, end) * sign < 0)
      .sort(([a], [b]) => compare(a, b) * sign)
      .slice(0, limit)
      .map(([key, value]) => ({ key, value }));
  };
  const indexOf = (key: Key) => rows.findIndex(([known]) => compare(known, key) === 0);
  return {
    get: (key: Key) => rows[indexOf(key)]?.[1],
    rows: inRange,
    keys: (range: Parameters<typeof inRange>[0]) => [...inRange(range)].map(({ key }) => key),
    put: (key: Key, row: Row) => void rows.push([key, row]),
    remove: (key: Key) => void rows.splice(indexOf(key), 1),
    bytes: () => 0,
  } satisfies Table<Key, Row>;
}

const byVersion = (a: VersionKey, b: VersionKey) =>
  compareCodePoints(orderKey(a[0]), orderKey(b[0])) || a[1] - b[1];

/** A history in which commit `i + 1` puts (`+`) or deletes (`-`) the path that follows. */
function historyOf(steps: readonly string[]) {
  const versions: [VersionKey, VersionRow][] = [];
  const commits: [number, CommitRow][] = [];
  const requests: [string, OutcomeRow][] = [];
  const retired: [number, RetiredRow][] = [];
  const deletions: [VersionKey, DeleteCause][] = [];
  let known: DeletionsRow = [0, 0];
  for (const [i, step] of steps.entries()) {
    const revision = i + 1;
    const path = step.slice(1);
    const row = step.startsWith('+') ? (['v', 1, revision, 1, 0, 'ann'] as const) : null;
    versions.push([[path, revision], row]);
    if (row === null) {
      deletions.push([[path, revision], 'removed']);
      known = [0, known[1] + 1];
    }
    commits.push([revision, [0, 'ann', null, `r${revision}`, [[path, 0]]]]);
    requests.push([`r${revision}`, [revision, 1, 0]]);
  }
  const tables = {
    entries: tableOf<string, EntryRow>(compareCodePoints, []),
    versions: tableOf(byVersion, versions),
    commits: tableOf((a: number, b: number) => a - b, commits),
    requests: tableOf(compareCodePoints, requests),
    retired: tableOf((a: number, b: number) => a - b, retired),
    deletions: tableOf(byVersion, deletions),
    deletionOrder: tableOf(
      (a: DeletionPlace, b: DeletionPlace) => byVersion([a[1], a[0]], [b[1], b[0]]),
      deletions.map(([[path, revision]]): [DeletionPlace, true] => [[revision, path], true]),
    ),
    meta: {
      get: () => known,
      put: (_key: MetaKey, row: MetaRow) => {
        if (typeof row === 'object' && row.length === 2) known = row;
      },
    },
  };
  const storage = {
    tables,
    transaction: async <Result>(write: () => Result) => write(),
    close: async () => undefined,
  };
  const left = () => ({
    versions: versions.map(([[path, revision], row]) => `${row ? '+' : '-'}${path}@${revision}`),
    commits: commits.map(([revision]) => revision),
    requests: requests.map(([id]) => id),
  });
  const deletesLeft = () => {
    expect(known[1]).toBe(deletions.length);
    return deletions.map(([[path, revision]]) => `${path}@${revision}`);
  };
  return { storage, left, deletesLeft };
}

it.each<[string, string[], number, string[]]>([
  ['keeps the newest version', ['+/a', '+/a', '+/a'], 3, ['+/a@3']],
  ['keeps what is newer', ['+/a', '+/a', '+/a'], 2, ['+/a@2', '+/a@3']],
  ['keeps what was not changed again', ['+/a', '+/b', '+/b'], 3, ['+/a@1', '+/b@3']],
  ['drops a delete with what it hides', ['+/a', '-/a'], 2, []],
  ['keeps what is deleted later', ['+/a', '-/a'], 1, ['+/a@1', '-/a@2']],
  ['drops a life that is over', ['+/a', '-/a', '+/a'], 2, ['+/a@3']],
  ['touches no sibling', ['+/a', '+/a-b', '+/a/b', '-/a'], 4, ['+/a-b@2', '+/a/b@3']],
])('a compaction %s', async (_title, steps, revision, versions) => {
  const { storage, left } = historyOf(steps);
  await new Compaction(storage.tables, revision, 1).run(storage, () => false);
  const kept = steps.map((_, i) => i + 1).filter((number) => number > revision);
  expect(left()).toEqual({
    versions,
    commits: kept,
    requests: kept.map((number) => `r${number}`),
  });
});

it.each<[string, string[], number[], string[]]>([
  ['stays known', ['+/a', '-/a'], [2], ['/a@2']],
  ['is not known twice', ['+/a', '-/a', '+/a', '-/a'], [4], ['/a@4']],
  ['before the window is known no more', ['+/a', '-/a', '+/a', '-/a'], [2, 4], ['/a@4']],
  ['of a path that lives again is not known', ['+/a', '-/a', '+/a'], [2, 3], []],
  ['of a path that lives again later is', ['+/a', '-/a', '+/a'], [2], ['/a@2']],
])('a delete that was compacted %s', async (_title, steps, revisions, expected) => {
  const { storage, deletesLeft } = historyOf(steps);
  for (const revision of revisions)
    await new Compaction(storage.tables, revision, 1).run(storage, () => false);
  expect(deletesLeft()).toEqual(expected);
});

it('a compaction shows no version that a delete hides, at any step', async () => {
  const life = Array.from({ length: 400 }, () => '+/a');
  const { storage, left } = historyOf([...life, '-/a']);
  let steps = 0;
  const transaction = async <Result>(write: () => Result) => {
    const result = write();
    steps++;
    const { versions } = left();
    expect(versions.length === 0 || versions.includes(`-/a@${life.length + 1}`)).toBe(true);
    return result;
  };
  await new Compaction(storage.tables, life.length + 1, 1).run(
    { ...storage, transaction },
    () => false,
  );
  expect(steps).toBeGreaterThan(1);
  expect(left()).toEqual({ versions: [], commits: [], requests: [] });
});
