import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../properties/runs.ts';
import { frames } from './frames.ts';
import { Scene } from './scene.ts';

const owner = fc.constantFrom('bad0', 'bad1', 'bad2');

type Step = (scene: Scene) => void | Promise<void>;

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.tuple(owner, frames).map(
      ([who, frame]): Step =>
        (scene) =>
          scene.send(who, frame),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(owner, fc.boolean()).map(
      ([who, isPaused]): Step =>
        (scene) =>
          scene.pause(who, isPaused),
    ),
  },
  {
    weight: 1,
    arbitrary: owner.map(
      (who): Step =>
        (scene) =>
          scene.cut(who),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(1, 1, 20, 3_000).map(
      (durationMs): Step =>
        async (scene) =>
          scene.advance(durationMs),
    ),
  },
);

describe('a server', () => {
  it('W10 survives whatever is sent to it, and others do not notice', { timeout: 300_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 80, size: 'max' }), async (sequence) => {
        const scene = new Scene();
        await scene.open();
        for (const run of sequence) await run(scene);
        expect(await scene.finish()).toEqual([]);
      }),
      { ...runs, endOnFailure: true },
    ),
  );
});
