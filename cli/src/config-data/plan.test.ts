import type { Entry } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { commitOf, planImport } from './plan.ts';

const entry = (path: string, value: string, modRevision: number): Entry => ({
  path,
  value,
  modRevision,
  createRevision: 1,
  version: 1,
  updatedAt: 0,
  updatedBy: 'test',
});
const current = [entry('/a', '1', 3), entry('/b/x', 'old', 5), entry('/c', '2', 7)];
const wanted = new Map([
  ['/d', 'new'],
  ['/b/x', 'now'],
  ['/a', '1'],
]);

describe('the plan of an import', () => {
  test('counts and orders what it takes', () => {
    const { steps, counts } = planImport(current, wanted, false);
    expect(steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['change /b/x', 'add /d']);
    expect(counts).toEqual({ added: 1, changed: 1, removed: 0, unchanged: 1 });
  });

  test('removes what the files do not have only to prune', () => {
    const { steps, counts } = planImport(current, wanted, true);
    expect(steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'change /b/x',
      'remove /c',
      'add /d',
    ]);
    expect(counts.removed).toBe(1);
  });

  test('compares by meaning, not by spelling', () => {
    const spelt = [entry('/a', '1.0', 1), entry('/b', '[1, 2]', 2), entry('/c', '"8080"', 3)];
    const same = new Map([
      ['/a', '1'],
      ['/b', '[1,2]'],
    ]);
    expect(planImport(spelt, same, false).steps).toEqual([]);
    expect(planImport(spelt, new Map([['/c', '8080']]), false).counts.changed).toBe(1);
  });

  test('its commit holds only against the entries that it was made from', () => {
    expect(commitOf(planImport(current, wanted, true).steps)).toEqual({
      conditions: [
        { path: '/b/x', modRevision: 5 },
        { path: '/c', modRevision: 7 },
        { path: '/d', modRevision: 0 },
      ],
      operations: [
        { type: 'put', path: '/b/x', value: 'now' },
        { type: 'delete', path: '/c' },
        { type: 'put', path: '/d', value: 'new' },
      ],
    });
  });
});
