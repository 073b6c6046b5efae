import { describe, expect, it } from 'vitest';
import { TimeSlice } from './cooperative-steps.ts';
import { inTreeOrder } from './in-tree-order.ts';

describe('the order of the tree', () => {
  it('W10 is made of many with pauses, also while they are taken out of what ordered them', () => {
    const count = 10_000;
    const items = Array.from({ length: count }, (_, i) => ({ path: `/a/${(i * 7_919) % count}` }));
    const pauses: unknown[] = [];
    const steps = inTreeOrder(items, new TimeSlice());
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) pauses.push(step.value);
    const ordered = step.value.map(({ path }) => path);
    expect(ordered).toEqual(items.map(({ path }) => path).sort());
    // Every 500 as they are put in, and every 500 as they are taken out.
    expect(pauses.length).toBeGreaterThanOrEqual((2 * count) / 500 - 1);
  });
});
