/**
 * Whether a path is one of those that a list of globs names, or below one: `*` is anything within a segment, `**` any
 * segments, none included. Below, because who names `/svc/secret` would not think of what else may lie there.
 */
export function exclusionOf(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map((glob) => segmentsOf(glob));
  return (path) => {
    const segments = segmentsOf(path);
    return patterns.some((pattern) => matches(pattern, segments));
  };
}

function segmentsOf(text: string): readonly string[] {
  return text.split('/').filter((segment) => segment !== '');
}

/**
 * Two rows of a table, not recursion: with several `**` that would take exponential time. `reached[i]` is whether the
 * segments so far can be what the first `i` of the pattern stand for.
 */
function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  let reached = [true, ...pattern.map((_, i) => pattern.slice(0, i + 1).every(isAny))];
  for (const segment of segments) {
    if (reached.at(-1) === true) return true;
    const next = [false];
    for (const [i, part] of pattern.entries())
      next.push(
        isAny(part)
          ? reached[i + 1] === true || reached[i] === true || next[i] === true
          : reached[i] === true && matchesSegment(part, segment),
      );
    reached = next;
  }
  return reached.at(-1) === true;
}

function isAny(part: string): boolean {
  return part === '**';
}

/** `*` stands for anything; the first piece begins the segment, the last ends it, the others follow in order. */
function matchesSegment(part: string, segment: string): boolean {
  const [first = '', ...rest] = part.split('*');
  const last = rest.pop();
  if (last === undefined) return part === segment;
  if (!segment.startsWith(first) || segment.length < first.length + last.length) return false;
  let at = first.length;
  const end = segment.length - last.length;
  for (const piece of rest) {
    const found = segment.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return at <= end && segment.endsWith(last);
}
