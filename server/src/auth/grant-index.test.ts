import { isWithin } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { GrantIndex } from './grant-index.ts';

const indexOf = (on: readonly string[]) =>
  new GrantIndex(on.map((each) => ({ on: each, grant: each })));

/** What an index is, without any of its cleverness. */
const covering = (all: readonly string[], path: string) => all.some((on) => isWithin(path, on));
const meeting = (all: readonly string[], path: string) =>
  all.some((on) => isWithin(path, on) || isWithin(on, path));

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Of segments that begin alike, and of characters on both sides of the slash. */
const SEGMENTS = [
  'a',
  'aa',
  'a-',
  'a-b',
  'a.b',
  'a0',
  'b',
  '!',
  '~',
  'ä',
  '\ud83d\ude00',
  'a\uffff',
];

describe('S6 an index of grants', () => {
  it('knows of every path what a look at each grant would tell, whatever is within what', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const next = chance(seed);
      const anyPath = () => {
        const segments = Array.from({ length: next(6) }, () => SEGMENTS[next(SEGMENTS.length)]);
        return `/${segments.join('/')}`;
      };
      const all = Array.from({ length: next(40) }, anyPath);
      const index = indexOf(all);
      for (let i = 0; i < 60; i++) {
        const path = i % 3 === 0 ? (all[next(all.length || 1)] ?? '/') : anyPath();
        const about = `${path} of ${JSON.stringify(all)}`;
        const cover = index.covering(path);
        expect(cover !== undefined, about).toBe(covering(all, path));
        if (cover !== undefined) expect(isWithin(path, cover), about).toBe(true);
        const met = index.meeting(path);
        expect(met !== undefined, about).toBe(meeting(all, path));
        if (met !== undefined) expect(isWithin(path, met) || isWithin(met, path), about).toBe(true);
      }
    }
  });

  it('has of two grants on one subtree the first', () => {
    const index = new GrantIndex([
      { on: '/a', grant: 'first' },
      { on: '/a', grant: 'second' },
    ]);
    expect([index.covering('/a/b'), index.meeting('/')]).toEqual(['first', 'first']);
  });

  it('of hundreds that branch at every segment reads a path once, as one of a single grant does', () => {
    const spine = Array.from({ length: 62 }, () => '/a').join('');
    const branching = Array.from(
      { length: 248 },
      (_, i) => `${spine.slice(0, 2 * (i % 62))}/x${i}`,
    );
    const paths = Array.from({ length: 20_000 }, (_, i) => `${spine}/e${i}`);
    const timeOf = (on: readonly string[]) => {
      const index = indexOf(on);
      let least = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round++) {
        const startedAt = performance.now();
        const covered = paths.filter((path) => index.covering(path) !== undefined);
        least = Math.min(least, performance.now() - startedAt);
        expect(covered).toEqual([]);
      }
      return least;
    };
    expect(timeOf(branching)).toBeLessThan(10 * timeOf([`${spine}/f`]));
  });
});
