import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { Deadlines } from './deadlines.ts';

describe('deadlines', () => {
  it('give what is due, once, and nothing before its time, like a plain map that is looked through', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed);
      const deadlines = new Deadlines();
      const plain = new Map<string, number>();
      for (let now = 0, step = 0; step < 400; step++) {
        const id = `l${random.int(0, 30)}`;
        const act = random.int(0, 5);
        if (act === 0) {
          deadlines.delete(id);
          plain.delete(id);
        } else if (act <= 3) {
          // One that is there moves on, and never back.
          const at = Math.max(plain.get(id) ?? 0, now + random.int(0, 50));
          deadlines.set(id, at);
          plain.set(id, at);
        } else now += random.int(0, 40);
        expect(deadlines.next ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
          Math.min(...plain.values()),
        );
        const due = [...deadlines.takeDue(now, 10_000)].sort();
        const expected = [...plain].filter(([, at]) => at <= now).map(([each]) => each);
        expect(due, `seed ${seed}, step ${step}`).toEqual(expected.sort());
        for (const each of due) plain.delete(each);
        expect(deadlines.of(id)).toBe(plain.get(id));
      }
    }
  });

  it('hold no more than a few times what has one, however much comes and goes', () => {
    const deadlines = new Deadlines();
    for (let i = 0; i < 100_000; i++) {
      deadlines.set(`l${i}`, 1_000_000);
      if (i >= 100) deadlines.delete(`l${i - 100}`);
    }
    // What is gone takes a look, too, and there is not much of it.
    expect([...deadlines.takeDue(1_000_000, 1_500)]).toHaveLength(100);
    expect(deadlines.next).toBeUndefined();
  });

  it('are looked at a bounded number at a time', () => {
    const deadlines = new Deadlines();
    for (let i = 0; i < 10; i++) deadlines.set(`l${i}`, i);
    expect([...deadlines.takeDue(100, 4)]).toHaveLength(4);
    expect([...deadlines.takeDue(100, 100)]).toHaveLength(6);
  });
});
