import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { PageCache } from './page-cache.ts';

describe('W10 a page that several readers may share', () => {
  const clock = new VirtualClock();
  const use = (kept: PageCache<string>, key: string) => {
    let isMade = false;
    const make = () => {
      isMade = true;
      return key.repeat(10);
    };
    expect(kept.get(key, make, (value) => value.length)).toBe(key.repeat(10));
    return isMade;
  };

  it('is made once, as long as it is used and there is room', () => {
    const kept = new PageCache<string>(35, clock);
    expect(['a', 'b', 'c', 'a', 'b', 'c'].map((key) => use(kept, key))).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  it('is let go where there is no room, the least used first', () => {
    const kept = new PageCache<string>(35, clock);
    for (const key of ['a', 'b', 'c', 'a', 'd']) use(kept, key);
    expect(['a', 'c', 'd', 'b'].map((key) => use(kept, key))).toEqual([false, false, false, true]);
  });

  it('is let go when nobody asks for it any more, and stays while it is asked for', () => {
    const kept = new PageCache<string>(35, clock);
    for (const key of ['a', 'b']) use(kept, key);
    for (let i = 0; i < 5; i++) {
      clock.advanceAtOnce(40_000);
      expect(use(kept, 'b')).toBe(false);
    }
    expect(use(kept, 'a')).toBe(true);
    clock.advanceAtOnce(200_000);
    expect(use(kept, 'b')).toBe(true);
    kept.clear();
    expect(use(kept, 'b')).toBe(true);
  });

  it('is not kept where it could not be made', () => {
    const kept = new PageCache<string>(35, clock);
    const fail = () => {
      throw new Error('not now');
    };
    expect(() => kept.get('a', fail, () => 1)).toThrow('not now');
    expect(use(kept, 'a')).toBe(true);
  });
});
