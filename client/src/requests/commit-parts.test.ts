import { decodeUp, limits, type Operation } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { framesOf } from './commit-parts.ts';

const put = (path: string, value: string): Operation => ({ type: 'put', path, value });

function partsOf(operations: Operation[], conditionCount = 0) {
  const conditions = Array.from({ length: conditionCount }, (_, i) => ({
    path: `/c/${i}`,
    modRevision: i,
  }));
  const frames = framesOf({
    type: 'commit',
    id: 4,
    requestId: 'r',
    note: 'n',
    operations,
    conditions,
  });
  const parts = frames.map((frame) => {
    expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(limits.messageBytesMax);
    const decoded = decodeUp(frame);
    if (!decoded.ok || decoded.message.type !== 'commit') throw new Error(frame.slice(0, 100));
    return decoded.message;
  });
  expect(parts.flatMap((part) => part.operations)).toEqual(operations);
  expect(parts.flatMap((part) => part.conditions ?? [])).toEqual(conditions);
  for (const { id, requestId } of parts)
    expect({ id, requestId }).toEqual({ id: 4, requestId: 'r' });
  return parts;
}

describe('a commit', () => {
  test('that fits into one frame is sent without parts', () => {
    expect(partsOf([put('/a', '1')])).toMatchObject([{ note: 'n' }]);
    expect(partsOf([put('/a', '1')])[0]).not.toHaveProperty('part');
    expect(partsOf([put('/a', 'x'.repeat(limits.valueBytesMax))])).toHaveLength(1);
  });

  test.each([
    ['many operations', Array.from({ length: 100_000 }, (_, i) => put(`/${i}`, '')), 0],
    ['many conditions', [put('/a', '')], 100_000],
    ['many of both', Array.from({ length: 25_000 }, (_, i) => put(`/${i}`, '')), 25_000],
    ['large values', Array.from({ length: 9 }, () => put('/a', 'x'.repeat(1024 * 1024))), 3],
    [
      'what takes six bytes a character',
      Array.from({ length: 40 }, () => put('/a', '\0'.repeat(99_999))),
      0,
    ],
    [
      'the largest of those',
      [put('/b', '1'), put('/a', '\0'.repeat(1024 * 1024)), put('/c', '1')],
      1,
    ],
    ['what takes three', Array.from({ length: 40 }, () => put('/a', '\u20ac'.repeat(99_999))), 0],
  ])('of %s comes in parts that any server takes, in their order', (_, operations, conditions) => {
    const parts = partsOf(operations, conditions);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ part }) => part)).toEqual([...parts.keys()]);
    expect(parts.map(({ more }) => more === true)).toEqual(
      parts.map((_, i) => i < parts.length - 1),
    );
    expect(parts.map(({ note }) => note)).toEqual(parts.map((_, i) => (i === 0 ? 'n' : undefined)));
  });
});
