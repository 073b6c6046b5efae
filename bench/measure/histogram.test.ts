import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

describe('a histogram', () => {
  const histogram = new Histogram();
  for (const ms of [30, 10, 20, 40, 100]) histogram.add(ms);

  it('tells what share was within what', () => {
    expect(histogram.percentile(0.5)).toBe(30);
    expect(histogram.percentile(0.8)).toBe(40);
    expect(histogram.percentile(0.99)).toBe(100);
    expect(histogram.percentile(0)).toBe(10);
  });

  it('goes on after it was asked', () => {
    const more = new Histogram();
    more.add(5);
    expect(more.percentile(0.5)).toBe(5);
    more.add(1);
    more.add(2);
    expect(more.percentile(0.5)).toBe(2);
  });

  it('has no answer about nothing', () => {
    expect(new Histogram().percentile(0.5)).toBeNaN();
  });
});
