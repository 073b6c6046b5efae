import { describe, expect, test } from 'vitest';
import { decades, doublings, Histogram } from './histogram.ts';

describe('a histogram', () => {
  test('counts a value in the bucket of the first bound that is not below it, and in all above', () => {
    const histogram = new Histogram([1, 2, 4]);
    for (const value of [0, 1, 1.5, 2, 3, 4, 5]) histogram.observe(value);
    expect(histogram.read()).toEqual({
      buckets: [
        { bound: 1, count: 2 },
        { bound: 2, count: 4 },
        { bound: 4, count: 6 },
      ],
      count: 7,
      sum: 16.5,
    });
  });

  test('has all of its buckets before anything came', () => {
    expect(new Histogram([1, 2]).read()).toEqual({
      buckets: [
        { bound: 1, count: 0 },
        { bound: 2, count: 0 },
      ],
      count: 0,
      sum: 0,
    });
  });

  test('a reading does not change with what comes later', () => {
    const histogram = new Histogram([1]);
    const before = histogram.read();
    histogram.observe(1);
    expect(before.count).toBe(0);
  });

  test('bounds are the decimal numbers that they look like', () => {
    expect(decades(-4, -2)).toEqual([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01]);
    expect(doublings(1, 5)).toEqual([1, 2, 4, 8, 16]);
  });
});
