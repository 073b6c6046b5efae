import { describe, expect, it } from 'vitest';
import { positionOf, positionText } from './position-text.ts';

describe('a position as text', () => {
  it.each([
    { epoch: 'mP2bX0aQ7LwC', revision: 812 },
    { epoch: '-_-', revision: 0, timeline: '_t4Kq9' },
    { epoch: 'e', revision: Number.MAX_SAFE_INTEGER, timeline: '-' },
  ])('is the same when it is read again: $epoch.$revision', (position) => {
    expect(positionOf(positionText(position))).toEqual(position);
  });

  it.each([
    '',
    '812',
    'epoch',
    'epoch.',
    '.812',
    'epoch.-1',
    'epoch.1e3',
    'epoch.0x10',
    'epoch.9007199254740992',
    'epoch.812.',
    'epoch.812.t.u',
    ' epoch.812',
    'epoch.812\n',
    'e p.812',
    `${'e'.repeat(129)}.1`,
    `e.1.${'t'.repeat(129)}`,
  ])('is none where it is written in any other way: %j', (text) => {
    expect(positionOf(text)).toBeUndefined();
  });
});
