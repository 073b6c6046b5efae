import { expect, test } from 'vitest';
import { commit, del, put } from '../test-support/scene.ts';
import { commits, run, states } from '../test-support/watch-steps.ts';

/** How many items of arrays are gone through while `work` runs. */
function itemsVisited(work: () => void): number {
  const { prototype } = Array;
  const original = Object.getOwnPropertyDescriptor(prototype, Symbol.iterator) ?? {};
  let visited = 0;
  Object.defineProperty(prototype, Symbol.iterator, {
    ...original,
    *value(this: unknown[]) {
      for (let i = 0; i < this.length; i++) {
        visited++;
        yield this[i];
      }
    },
  });
  try {
    work();
  } finally {
    Object.defineProperty(prototype, Symbol.iterator, original);
  }
  return visited;
}

/** The work of one commit that comes in so many frames of ten changes each. */
function workOf(frames: number): number {
  const batch = Array.from({ length: frames }, (_, i) =>
    commits(5, 6, {
      commits: [commit(6, ...Array.from({ length: 10 }, (_, j) => del(`/a/${i * 10 + j}`)))],
      ...(i === frames - 1 ? {} : { more: true }),
    }),
  );
  return itemsVisited(() => {
    const { effect } = run(states.live, ...batch);
    expect(effect?.type === 'apply' && effect.commits[0]?.changes.length).toBe(frames * 10);
  });
}

test('a commit in twice as many frames takes twice the work, not four times', () => {
  expect(workOf(400) / workOf(200)).toBeLessThan(3);
});

test('a frame of a batch is not changed by the frames after it', () => {
  const first = commits(5, 6, { more: true, commits: [commit(6, put('/a', '1'))] });
  const rest = commits(5, 6, { commits: [commit(6, put('/b', '2'))] });
  run(states.live, first, rest);
  expect(first.commits[0]?.changes).toHaveLength(1);
});
