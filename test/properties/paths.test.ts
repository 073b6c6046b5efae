import {
  childOf,
  comparePaths,
  isWithin,
  orderKey,
  pathOfOrderKey,
  pathProblem,
  ROOT,
  segmentsOf,
  subtreesOf,
} from '@confer/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from './runs.ts';

/** Few letters, so that paths meet; those around `/` in ASCII and around the surrogates. */
const segment = fc
  .string({
    unit: fc.constantFrom('a', 'b', ' ', '-', '.', '0', '~', 'é', '\ud7ff', '\ue000', '\u{10000}'),
    minLength: 1,
    maxLength: 3,
  })
  .filter((text) => text !== '.' && text !== '..');
const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.reduce(childOf, ROOT));
const paths = fc.uniqueArray(path, { minLength: 2, maxLength: 40 });

/** The order of the tree as it is defined: segment by segment, by bytes. */
function compareByTheBook(a: string, b: string): number {
  const left = segmentsOf(a);
  const right = segmentsOf(b);
  for (const [i, own] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = Buffer.compare(Buffer.from(own), Buffer.from(other));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

it('paths are ordered segment by segment, by bytes', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(pathProblem(a)).toBeUndefined();
      expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(compareByTheBook(a, b)));
      expect(Math.sign(comparePaths(b, a))).toBe(-Math.sign(comparePaths(a, b)) + 0);
    }),
    runs,
  );
});

it('S6: a subtree is one unbroken run of the order, and holds what isWithin says', () => {
  fc.assert(
    fc.property(paths, (unordered) => {
      const ordered = unordered.toSorted(comparePaths);
      for (const subtree of new Set(ordered.flatMap((each) => subtreesOf(each)))) {
        const inside = ordered.map((each) => isWithin(each, subtree));
        const run = inside.slice(inside.indexOf(true), inside.lastIndexOf(true) + 1);
        expect(run.every(Boolean), `${subtree} in ${ordered}`).toBe(true);
      }
    }),
    runs,
  );
});

it('subtreesOf names exactly the subtrees that hold the path', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(subtreesOf(a).includes(b)).toBe(isWithin(a, b));
    }),
    runs,
  );
});

it('the order key gives the path back', () => {
  fc.assert(
    fc.property(path, (each) => {
      expect(pathOfOrderKey(orderKey(each))).toBe(each);
    }),
    runs,
  );
});

it('a path is refused exactly where it breaks a rule', () => {
  const unit = fc.constantFrom(
    '/',
    '/',
    '.',
    'a',
    ' ',
    '~',
    '-',
    '\u0000',
    '\u001f',
    '\u007f',
    'é',
  );
  const text = fc.string({ unit, maxLength: 12 });
  fc.assert(
    fc.property(text, (tail) => {
      const isRight = tail
        .split('/')
        .every((each) => !['', '.', '..'].includes(each) && !/\p{Cc}/u.test(each));
      expect(pathProblem(`/${tail}`) === undefined, JSON.stringify(tail)).toBe(isRight);
      expect(pathProblem(`x/${tail}`)).toBeDefined();
    }),
    runs,
  );
});
