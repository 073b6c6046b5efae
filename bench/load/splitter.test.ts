import { describe, expect, it } from 'vitest';
import { Splitter } from './splitter.ts';

/** Messages of a length and that many letters. */
function receiver() {
  const messages: string[] = [];
  const splitter = new Splitter({
    lengthAt: (bytes, start, end) => (end - start < 1 ? 0 : 1 + (bytes[start] ?? 0)),
    onMessage: (bytes, start, end) => messages.push(bytes.toString('latin1', start + 1, end)),
  });
  return { messages, push: (text: string) => splitter.push(Buffer.from(text), text.length) };
}

describe('a stream of messages', () => {
  it('is cut where they end, however it comes', () => {
    const stream = '\x03abc\x00\x05defgh\x01i';
    for (let size = 1; size <= stream.length; size++) {
      const { messages, push } = receiver();
      for (let at = 0; at < stream.length; at += size) push(stream.slice(at, at + size));
      expect(messages, `in pieces of ${size}`).toEqual(['abc', '', 'defgh', 'i']);
    }
  });
});
