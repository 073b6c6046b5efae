import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globOf } from '../../cli/src/glob.ts';
import { runs } from './runs.ts';

/** The same by an expression, which may take for ever and so is good for short texts alone. */
function expressionOf(pattern: string): RegExp {
  const isWhole = pattern.startsWith('/');
  const segments = (isWhole ? pattern.slice(1) : `**/${pattern}`).split('/');
  const source = segments.map((segment) =>
    segment === '**'
      ? '(?:/[^/]+)*'
      : `/${segment.replaceAll(/[*?]|[^*?]/gu, (one) =>
          one === '*' ? '[^/]*' : one === '?' ? '[^/]' : one.replace(/[$^.()+[\]{}|\\]/, '\\$&'),
        )}`,
  );
  return new RegExp(`^${source.join('')}$`, 'u');
}

const segment = fc.string({
  unit: fc.constantFrom('a', 'b', '\u{1f600}', '.'),
  minLength: 1,
  maxLength: 4,
});
const piece = fc.oneof(
  fc.constant('**'),
  fc.string({
    unit: fc.constantFrom('a', 'b', '*', '?', '\u{1f600}', '.'),
    minLength: 1,
    maxLength: 4,
  }),
);

describe('a pattern for paths', () => {
  it('finds what an expression finds that says the same', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        (pieces, isWhole, segments) => {
          const pattern = `${isWhole ? '/' : ''}${pieces.join('/')}`;
          const path = `/${segments.join('/')}`;
          expect(globOf(pattern)(path), `${pattern} ${path}`).toBe(
            expressionOf(pattern).test(path),
          );
        },
      ),
      runs,
    );
  });

  it('ends soon, whatever it is', () => {
    const nasty = `${'*a'.repeat(100)}b`;
    const path = `/${'a'.repeat(255)}`.repeat(4).slice(0, 1_000);
    for (let i = 0; i < 100; i++) expect(globOf(`**/${nasty}/**/${nasty}`)(path)).toBe(false);
  });
});
