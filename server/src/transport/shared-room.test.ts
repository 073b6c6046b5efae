import { expect, it } from 'vitest';
import { SharedRoom } from './shared-room.ts';

/** One that lets go of what it has when it is told to, if it has not done so. */
function holder(room: SharedRoom) {
  const self = {
    isGone: false,
    keep: (bytes: number) =>
      room.keep(self, bytes, () => {
        self.isGone = true;
        room.letGo(self);
      }),
  };
  return self;
}

it('W10 room that many share has an end, to the byte', () => {
  const room = new SharedRoom(256);
  const [one, other] = [holder(room), holder(room)];
  expect(one.keep(256)).toBe(true);
  expect(one.keep(1)).toBe(false);
  room.letGo(one);
  expect(other.keep(256)).toBe(true);
  expect(other.keep(1)).toBe(false);
  expect([one.isGone, other.isGone]).toEqual([false, false]);
});

it('W10 who has had room for longest makes some for who needs it now', () => {
  const room = new SharedRoom(256);
  const slow = Array.from({ length: 32 }, () => holder(room));
  for (const each of slow) each.keep(8);
  for (const each of slow) expect(each.keep(0)).toBe(true);
  const fast = holder(room);
  expect(fast.keep(1)).toBe(true);
  expect(fast.keep(7)).toBe(true);
  expect(slow.map(({ isGone }) => isGone)).toEqual([true, ...Array(31).fill(false)]);
  expect(fast.keep(1)).toBe(true);
  expect(slow[1]?.isGone).toBe(true);
});
