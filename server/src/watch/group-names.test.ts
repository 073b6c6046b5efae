import { describe, expect, it } from 'vitest';
import { GroupNames } from './group-names.ts';

const free = () => false;

function watchOf(subtree: string, withPrev = false, takesClears = true) {
  return { subtree, withPrev, takesClears };
}

describe('the names of distinct watches', () => {
  it('come back to the same watch, and are never another one', () => {
    const names = new GroupNames();
    const all = [watchOf('/a'), watchOf('/b'), watchOf('/a', true), watchOf('/a', false, false)];
    const first = all.map((watch) => names.take(watch, free));
    expect(new Set(first).size).toBe(all.length);
    for (const [i, watch] of all.entries()) names.leave({ ...watch, name: first[i] ?? '' });
    expect(all.map((watch) => names.take(watch, free))).toEqual(first);
  });

  it('are given once at a time, and not to a connection that has a watch of that name', () => {
    const names = new GroupNames();
    const name = names.take(watchOf('/a'), free);
    names.leave({ ...watchOf('/a'), name });
    expect(names.take(watchOf('/a'), (taken) => taken === name)).not.toBe(name);
    expect(names.take(watchOf('/a'), free)).toBe(name);
    expect(names.take(watchOf('/a'), free)).not.toBe(name);
  });

  it('W10 are remembered of so many watches, of the last ones', () => {
    const names = new GroupNames(2);
    const given = ['/a', '/b', '/c'].map((subtree) => {
      const watch = watchOf(subtree);
      const name = names.take(watch, free);
      names.leave({ ...watch, name });
      return name;
    });
    expect(names.take(watchOf('/c'), free)).toBe(given[2]);
    expect(names.take(watchOf('/b'), free)).toBe(given[1]);
    expect(given).not.toContain(names.take(watchOf('/a'), free));
  });
});
