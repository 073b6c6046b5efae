import { utf8Length } from './utf8.ts';

/** Begins a frame whose message goes on in the next one; no message begins so. */
export const GOES_ON = '+';

/** The least that a server may announce as the bytes of a frame: one that says less would be sent no end of them. */
const FRAME_BYTES_MIN = 1_024;

/** The most bytes of a code unit of UTF-16; a pair of them has four. */
const UNIT_BYTES_MAX = 3;

/**
 * The frames that a message travels in: itself, or its pieces, where a frame may not have so many bytes. None ends
 * between the halves of a pair, which UTF-8 cannot carry alone. The last does not begin with what says that it is not:
 * it is the end of the JSON then.
 */
export function piecesOf(message: string, frameBytesMax: number): readonly string[] {
  const bytesMax = Math.max(frameBytesMax, FRAME_BYTES_MIN);
  const bytes = utf8Length(message);
  if (bytes <= bytesMax) return [message];
  const lengthMax = Math.floor((bytesMax - 1) / (bytes > message.length ? UNIT_BYTES_MAX : 1));
  const pieces: string[] = [];
  let start = 0;
  while (message.length - start > lengthMax || message[start] === GOES_ON) {
    let end = Math.min(start + lengthMax, message.length - 1);
    if ((message.codePointAt(end - 1) ?? 0) > 0xffff) end--;
    pieces.push(GOES_ON + message.slice(start, end));
    start = end;
  }
  return [...pieces, message.slice(start)];
}
