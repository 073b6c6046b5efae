import { Digest, type Entry } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { entry } from '../test-support/scene.ts';
import { EntryTable } from './entry-table.ts';

const tableOf = (...entries: Entry[]) => new EntryTable().rebuilt([entries], true);

const paths = (table: EntryTable, subtree = '/') => table.list(subtree).map(({ path }) => path);

function digestOf(entries: Iterable<Entry>): string {
  const digest = new Digest();
  for (const { path, modRevision } of entries) digest.add(path, modRevision);
  return digest.toString();
}

describe('a plan of changes to a table', () => {
  const table = tableOf(entry('/a', '1', 1), entry('/b', '1', 2));

  test('has the real changes only, with what was there before', () => {
    const a = table.get('/a');
    const changes = table.plan([
      { type: 'put', entry: entry('/a', '2', 3) },
      { type: 'put', entry: entry('/b', '1', 2) },
      { type: 'delete', path: '/none', cause: 'removed' },
      { type: 'put', entry: entry('/c', '1', 3) },
    ]);
    expect(changes).toEqual([
      { type: 'put', path: '/a', entry: entry('/a', '2', 3), prev: a },
      { type: 'put', path: '/c', entry: entry('/c', '1', 3) },
    ]);
  });

  test('W7: can be checked against a digest before it is applied', () => {
    const changes = table.plan([
      { type: 'put', entry: entry('/a', '2', 3) },
      { type: 'delete', path: '/b', cause: 'removed' },
    ]);
    const after = { entries: 1, digest: digestOf([entry('/a', '2', 3)]) };
    expect(table.matches(after, changes)).toBe(true);
    expect(table.matches(after)).toBe(false);
    expect(table.matches({ ...after, entries: 2 }, changes)).toBe(false);
    expect(table.matches({})).toBe(true);
    expect(paths(table)).toEqual(['/a', '/b']);
  });
});

test('W7: the order and the digest of a table keep up with any run of changes', () => {
  const table = new EntryTable();
  const truth = new Map<string, Entry>();
  const names = ['/a', '/a/b', '/a-b', '/b', '/b/c/d', '/é', '/\u{1f600}', '/\uffee'];
  let seed = 1;
  const pick = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let revision = 1; revision <= 500; revision++) {
    const path = `${names[pick(names.length)] ?? '/a'}${pick(2) === 0 ? '' : `/${pick(100)}`}`;
    const isPut = pick(3) > 0;
    if (isPut) truth.set(path, entry(path, 'x', revision));
    else truth.delete(path);
    table.apply(
      table.plan([
        isPut
          ? { type: 'put', entry: entry(path, 'x', revision) }
          : { type: 'delete', path, cause: 'removed' },
      ]),
    );
    expect(table.list('/')).toEqual(tableOf(...truth.values()).list('/'));
    expect(table.matches({ entries: truth.size, digest: digestOf(truth.values()) })).toBe(true);
  }
});

test('a table stays sorted through many changes at once', () => {
  const table = tableOf(entry('/m', '1'));
  expect(paths(table)).toEqual(['/m']);
  const targets = Array.from({ length: 100 }, (_, i) => ({
    type: 'put' as const,
    entry: entry(`/${String(99 - i).padStart(2, '0')}`, '1'),
  }));
  table.apply(table.plan(targets));
  expect(paths(table).slice(0, 3)).toEqual(['/00', '/01', '/02']);
  expect(paths(table).at(-1)).toBe('/m');
});

describe('the list of a subtree', () => {
  const table = tableOf(...['/a', '/a/b', '/a-b', '/ab', '/a/b/c'].map((path) => entry(path, '1')));

  test('ends at whole segments, and is in the order of the tree', () => {
    expect(paths(table, '/a')).toEqual(['/a', '/a/b', '/a/b/c']);
    expect(paths(table, '/a/b')).toEqual(['/a/b', '/a/b/c']);
    expect(paths(table, '/none')).toEqual([]);
  });
});

describe('a table that is built from a snapshot', () => {
  const old = tableOf(entry('/a', '1', 1), entry('/b', '1', 2), entry('/c', '1', 3));

  test('keeps the identity of what is the same', () => {
    const next = old.rebuilt([[entry('/a', '1', 1)], [entry('/b', '2', 4)]], true);
    expect(next.get('/a')).toBe(old.get('/a'));
    expect(old.differenceTo(next)).toEqual([
      { type: 'put', path: '/b', entry: entry('/b', '2', 4), prev: old.get('/b') },
      { type: 'delete', path: '/c', cause: 'removed', prev: old.get('/c') },
    ]);
    expect(paths(old)).toEqual(['/a', '/b', '/c']);
  });

  test('of another history compares values, as its revision numbers prove nothing', () => {
    const next = old.rebuilt([[entry('/a', '1', 1), entry('/b', 'else', 2)]], false);
    expect(next.get('/a')).toBe(old.get('/a'));
    expect(next.get('/b')?.value).toBe('else');
  });
});
