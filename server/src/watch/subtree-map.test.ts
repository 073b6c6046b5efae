import { subtreesOf } from '@confer/shared';
import { expect, it } from 'vitest';
import { SubtreeMap } from './subtree-map.ts';

const SUBTREES = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/a/bc', '/d/e/f'];
const PATHS = ['/a', '/a/b', '/a/b/c/d', '/ab', '/ab/c', '/a/bc/x', '/d', '/d/e', '/d/e/f', '/z/y'];

function held(map: SubtreeMap<string>, path: string): string[] {
  const values: string[] = [];
  map.visit(path, (value) => values.push(value));
  return values;
}

it('a map of subtrees finds the values of the subtrees that hold a path, from the root down, whatever was removed', () => {
  // Every order of removal that begins with each of them, and ends with none.
  for (const first of SUBTREES.keys()) {
    const map = new SubtreeMap<string>();
    for (const subtree of SUBTREES) map.set(subtree, subtree);
    const left = new Set(SUBTREES);
    for (const i of SUBTREES.keys()) {
      for (const path of PATHS)
        expect(held(map, path)).toEqual(subtreesOf(path).filter((subtree) => left.has(subtree)));
      for (const subtree of SUBTREES)
        expect(map.get(subtree)).toBe(left.has(subtree) ? subtree : undefined);
      const gone = SUBTREES[(first + i) % SUBTREES.length] ?? '';
      map.delete(gone);
      left.delete(gone);
    }
    for (const path of PATHS) expect(held(map, path)).toEqual([]);
  }
});

it('a map of subtrees takes the last value that it was given, and forgets what it never had', () => {
  const map = new SubtreeMap<number>();
  map.set('/a/b', 1);
  map.set('/a/b', 2);
  map.delete('/a/b/c');
  map.delete('/a');
  map.delete('/x/y');
  expect(map.get('/a/b')).toBe(2);
});

it('a map of subtrees finds what belongs to the server for those alone who ask for it as such', () => {
  const map = new SubtreeMap<string>();
  for (const subtree of ['/', '/a', '/a/.confer', '/a/.confer/x', '/.conference'])
    map.set(subtree, subtree);
  expect(held(map, '/a/.confer/x/y')).toEqual(['/a/.confer', '/a/.confer/x']);
  expect(held(map, '/.confer')).toEqual([]);
  expect(held(map, '/.conference/b')).toEqual(['/', '/.conference']);
});
