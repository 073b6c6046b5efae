// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /[%/\u0000-\u001f\u007f-\u009f]/g;

/**
 * The path segment that stands for a key of a map. What a segment cannot hold is percent-encoded;
 * dots are not separators, so `server.port` is one segment.
 */
export function segmentOfKey(key: string): string {
  if (key === '.' || key === '..') return key.replaceAll('.', '%2E');
  return key.replace(UNSAFE, encodeURIComponent);
}

/**
 * The key that `segmentOfKey` made the segment from. A segment that no key leads to (`100%`, written
 * by hand) is its own key.
 */
export function keyOfSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    const key = decodeURIComponent(segment);
    return segmentOfKey(key) === segment ? key : segment;
  } catch {
    return segment;
  }
}
