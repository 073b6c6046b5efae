import { describe, expect, it } from 'vitest';
import { GOES_ON, piecesOf } from './pieces.ts';
import { utf8Length } from './utf8.ts';

const FRAME_BYTES_MAX = 1_024;

/** As a server puts them together. */
const joined = (frames: readonly string[]) =>
  frames.map((frame, i) => (i < frames.length - 1 ? frame.slice(GOES_ON.length) : frame)).join('');

describe('the frames of a message', () => {
  it('are the message itself where it fits', () => {
    const message = 'x'.repeat(FRAME_BYTES_MAX);
    expect(piecesOf(message, FRAME_BYTES_MAX)).toEqual([message]);
    expect(piecesOf('é'.repeat(FRAME_BYTES_MAX / 2), FRAME_BYTES_MAX)).toHaveLength(1);
  });

  it.each([
    ['ASCII', 'x'],
    ['two bytes a character', 'é'],
    ['three', '€'],
    ['pairs', '😀'],
    ['pairs that lie across the ends', 'x😀'],
    ['all of them', 'aé€😀'],
  ])('fit, come to the same, and break no pair: %s', (_, text) => {
    for (const length of [1_023, 1_025, 1_026, 3_000, 10_007]) {
      const message = text.repeat(length);
      const frames = piecesOf(message, FRAME_BYTES_MAX);
      expect(joined(frames)).toBe(message);
      for (const frame of frames) expect(utf8Length(frame)).toBeLessThanOrEqual(FRAME_BYTES_MAX);
      const bytes = frames.map((frame) =>
        new TextDecoder().decode(new TextEncoder().encode(frame)),
      );
      expect(bytes).toEqual(frames);
      for (const frame of frames.slice(0, -1)) expect(frame.startsWith(GOES_ON)).toBe(true);
    }
  });

  it.each([
    ['one that would begin the last', `${'x'.repeat(1_023)}+${'y'.repeat(100)}`],
    ['many of them', `${'x'.repeat(1_000)}${'+'.repeat(100)}y`],
    ['more than a frame of them', `x${'+'.repeat(5_000)}y`],
    ['as many as end with a frame', `${'+'.repeat(2 * 1_023)}}`],
  ])('say of the last that it is the last, whatever the message has there: %s', (_, message) => {
    const frames = piecesOf(message, FRAME_BYTES_MAX);
    expect(frames.map((frame) => frame.startsWith(GOES_ON))).toEqual(
      frames.map((_each, i) => i < frames.length - 1),
    );
    expect(joined(frames)).toBe(message);
    for (const frame of frames) expect(utf8Length(frame)).toBeLessThanOrEqual(FRAME_BYTES_MAX);
  });

  it('are not without number where a server says that a frame may have nothing', () => {
    expect(piecesOf('x'.repeat(10_230), 0)).toHaveLength(10);
    expect(piecesOf('😀'.repeat(1_000), 1).length).toBeLessThan(10);
  });
});
