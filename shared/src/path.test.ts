import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import {
  childOf,
  comparePaths,
  isHiddenIn,
  isReserved,
  isWithin,
  nameOf,
  orderKey,
  pathOfOrderKey,
  pathProblem,
  ROOT,
  relativeTo,
  segmentsOf,
  subtreeProblem,
  subtreesOf,
} from './path.ts';

const { segmentBytesMax, pathBytesMax } = limits;

/** A path of exactly `bytes` bytes whose segments keep their own limit. */
function pathOfBytes(bytes: number): string {
  const segments: string[] = [];
  for (let left = bytes; left > 0; left -= 200)
    segments.push(`/${'x'.repeat(Math.min(199, left - 1))}`);
  return segments.join('');
}

describe('the rules for paths', () => {
  it.each([
    '/a',
    '/a/b/c',
    '/.hidden',
    '/...',
    '/a/..b',
    '/with space/and "quotes"',
    '/größe/日本/\u{1f600}',
    '/.confer',
    `/${'x'.repeat(segmentBytesMax)}`,
    '/a'.repeat(64),
    '/\u00e4'.repeat(64),
    `/${'\u20ac'.repeat(segmentBytesMax / 3)}`,
    `/${'\u{1f600}'.repeat(63)}xyz`,
    pathOfBytes(pathBytesMax),
  ])('takes %j', (path) => {
    expect(pathProblem(path)).toBeUndefined();
    expect(subtreeProblem(path)).toBeUndefined();
  });

  it.each([
    ['', 'starts with'],
    ['a', 'starts with'],
    ['a/b', 'starts with'],
    ['//', 'does not end'],
    ['/a/', 'does not end'],
    ['/a//b', 'empty segment'],
    ['/a'.repeat(65), 'at most 64 segments'],
    ['/\u00e4'.repeat(65), 'at most 64 segments'],
    ['//a', 'empty segment'],
    ['/.', '".."'],
    ['/..', '".."'],
    ['/a/./b', '".."'],
    ['/a/../b', '".."'],
    ['/a\u0000', 'control'],
    ['/a\u0001b', 'control'],
    ['/a\nb', 'control'],
    ['/\u007f', 'control'],
    ['/\u0080', 'control'],
    ['/\u009f', 'control'],
    ['/\ud800', 'surrogate'],
    ['/a/\udc00b', 'surrogate'],
    [`/${'x'.repeat(segmentBytesMax + 1)}`, 'segment of a path'],
    [`/${'\u20ac'.repeat(segmentBytesMax / 3)}x`, 'segment of a path'],
    [`/${'\u{1f600}'.repeat(64)}`, 'segment of a path'],
    [pathOfBytes(pathBytesMax + 1), 'at most 1024 bytes'],
  ])('refuses %j: %s', (path, problem) => {
    expect(pathProblem(path)).toContain(problem);
    expect(subtreeProblem(path)).toContain(problem);
  });

  it('takes the root as a subtree, but not as an entry', () => {
    expect(pathProblem(ROOT)).toContain('holds no entry');
    expect(subtreeProblem(ROOT)).toBeUndefined();
  });
});

describe('the parts of a path', () => {
  it('come apart and together', () => {
    expect(segmentsOf('/a/b c/d')).toEqual(['a', 'b c', 'd']);
    expect(segmentsOf('/a/b c/d').reduce(childOf, ROOT)).toBe('/a/b c/d');
    expect(segmentsOf(ROOT)).toEqual([]);
  });

  it('nameOf is the last segment', () => {
    expect(nameOf('/a/b')).toBe('b');
    expect(nameOf('/a')).toBe('a');
    expect(nameOf(ROOT)).toBe('');
  });

  it.each([
    ['/a/b', '/a', 'b'],
    ['/a/b/c', '/a', 'b/c'],
    ['/a', ROOT, 'a'],
    ['/a', '/a', ''],
    [ROOT, ROOT, ''],
  ])('%s relative to %s is %j', (path, subtree, relative) => {
    expect(relativeTo(path, subtree)).toBe(relative);
  });

  it('subtreesOf names every subtree that holds the path', () => {
    expect(subtreesOf('/a/b/c')).toEqual(['/', '/a', '/a/b', '/a/b/c']);
    expect(subtreesOf('/a')).toEqual(['/', '/a']);
    expect(subtreesOf(ROOT)).toEqual(['/']);
    for (const subtree of subtreesOf('/a/b/c')) expect(isWithin('/a/b/c', subtree)).toBe(true);
  });
});

describe('isWithin', () => {
  it.each([
    ['/app', '/app'],
    ['/app/x', '/app'],
    ['/app/x/y', '/app'],
    ['/app', ROOT],
    [ROOT, ROOT],
  ])('%s lies in %s', (path, subtree) => {
    expect(isWithin(path, subtree)).toBe(true);
  });

  it.each([
    ['/apple', '/app'],
    ['/app-2/x', '/app'],
    ['/app.x', '/app'],
    ['/ap', '/app'],
    ['/', '/app'],
    ['/other/app', '/app'],
    ['/a/app/x', '/app'],
    ['/App/x', '/app'],
  ])('S6: %s does not lie in %s', (path, subtree) => {
    expect(isWithin(path, subtree)).toBe(false);
  });
});

describe('the order of the tree', () => {
  const ordered = [
    '/',
    '/a',
    '/a/b',
    '/a/b/c',
    '/a/c',
    '/a b',
    '/a-b',
    '/a.b',
    '/ab',
    '/b',
    '/\u00e9',
    '/\ud7ff',
    '/\ue000',
    '/\uffff',
    '/\u{10000}',
    '/\u{10ffff}',
  ];

  it('puts a path before those below it, and those before its siblings', () => {
    expect([...ordered].reverse().sort(comparePaths)).toEqual(ordered);
  });

  it('is total: equal only for equal paths, and the same from both sides', () => {
    ordered.forEach((a, i) => {
      ordered.forEach((b, j) => {
        expect(Math.sign(comparePaths(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
      });
    });
  });

  it('is the order of the UTF-8 bytes of the order key, which gives the path back', () => {
    const keys = ordered.map(orderKey);
    expect([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(keys);
    expect(keys.map(pathOfOrderKey)).toEqual(ordered);
  });
});

describe('what is named .confer', () => {
  it.each(['/.confer', '/.confer/a', '/a/.confer', '/a/.confer/b', '/.conference/.confer'])(
    'belongs to the server: %s',
    (path) => expect(isReserved(path)).toBe(true),
  );

  it.each([
    '/a',
    '/.conference',
    '/a.confer',
    '/a/.conferx/b',
    '/.confe',
    '/confer/.configuration',
  ])('does not hold %s', (path) => expect(isReserved(path)).toBe(false));

  it.each([
    ['/.confer', '/', true],
    ['/.confer/a', '/', true],
    ['/a/.confer/b', '/', true],
    ['/a/.confer/b', '/a', true],
    ['/a/.confer/b', '/a/.confer', false],
    ['/a/.confer/b', '/a/.confer/b', false],
    ['/.confer/a/.confer/b', '/.confer', true],
    ['/.conference/a', '/', false],
    ['/a', '/a', false],
  ])('%s is hidden in %s: %s', (path, subtree, isHidden) => {
    expect(isHiddenIn(path, subtree)).toBe(isHidden);
  });
});
