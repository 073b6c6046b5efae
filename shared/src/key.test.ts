import { describe, expect, test } from 'vitest';
import { keyOfSegment, segmentOfKey } from './key.ts';
import { pathProblem } from './path.ts';

describe('a key of a map as a segment of a path', () => {
  test.each([
    ['port', 'port'],
    ['management.security.enabled', 'management.security.enabled'],
    ['a/b', 'a%2Fb'],
    ['100%', '100%25'],
    ['%2F', '%252F'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['...', '...'],
    ['line\nbreak', 'line%0Abreak'],
    ['\u0085', '%C2%85'],
    ['__proto__', '__proto__'],
    ['Zürich 🚲', 'Zürich 🚲'],
  ])('%j is %s, and back', (key, segment) => {
    expect(segmentOfKey(key)).toBe(segment);
    expect(keyOfSegment(segment)).toBe(key);
    expect(pathProblem(`/${segment}`)).toBeUndefined();
  });

  test.each(['100%', '%zz', '%41', '%2f', '%ff'])(
    '%s, which no key becomes, is its own key',
    (segment) => {
      expect(keyOfSegment(segment)).toBe(segment);
    },
  );
});
