import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../properties/runs.ts';
import { Arena } from './arena.ts';
import { frames } from './frames.ts';

const owner = fc.constantFrom('bad0', 'bad1', 'bad2');

type Step = (arena: Arena) => void | Promise<void>;

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.tuple(owner, frames).map(
      ([who, frame]): Step =>
        (arena) =>
          arena.send(who, frame),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(owner, fc.boolean()).map(
      ([who, isPaused]): Step =>
        (arena) =>
          arena.pause(who, isPaused),
    ),
  },
  {
    weight: 1,
    arbitrary: owner.map(
      (who): Step =>
        (arena) =>
          arena.cut(who),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(1, 1, 20, 3_000).map(
      (durationMs): Step =>
        async (arena) =>
          arena.advance(durationMs),
    ),
  },
);

describe('the session', () => {
  it('W10 survives whatever is sent to it, and others do not notice', { timeout: 300_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 80, size: 'max' }), async (sequence) => {
        const arena = new Arena();
        await arena.open();
        for (const run of sequence) await run(arena);
        expect(await arena.finish()).toEqual([]);
      }),
      { ...runs, endOnFailure: true },
    ),
  );
});
