import { expect, it } from 'vitest';
import { WatchReader } from './watch-reader.ts';

it.each([
  ['text', Buffer.from('garbage that is no message')],
  ['a field that never ends', Buffer.of(0xff, 0xff, 0xff)],
  ['an event without a key', Buffer.of(0x5a, 0x02, 0x08, 0x00)],
  ['an event that is cut off', Buffer.of(0x5a, 0x7f, 0x08, 0x00)],
])('a member that sends %s ends the watch, and not the process', (_, bytes) => {
  const problems: string[] = [];
  const reader = new WatchReader({
    defer: (run) => run(),
    onResponse: () => problems.push('a response'),
    onGarbage: (problem) => problems.push(problem),
  });
  reader.take(bytes);
  reader.take(Buffer.alloc(0));
  expect(problems).toHaveLength(1);
  expect(problems).not.toContain('a response');
});
