import { Digest } from '@confer/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from './runs.ts';

const change = fc.record({
  path: fc.constantFrom('/a', '/b', '/größe', '/\u{1f600}', '/a/b'),
  remove: fc.boolean(),
});

it('W7: a digest kept up by changes equals the one of what is left', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const entries = new Map<string, number>();
      const kept = new Digest();
      for (const [i, { path, remove }] of changes.entries()) {
        const before = entries.get(path);
        if (before !== undefined) kept.remove(path, before);
        entries.delete(path);
        if (remove) continue;
        entries.set(path, i + 1);
        kept.add(path, i + 1);
      }
      const fresh = new Digest();
      for (const [path, revision] of entries) fresh.add(path, revision);
      expect(kept.toString()).toBe(fresh.toString());
    }),
    runs,
  );
});
