/**
 * A pattern for paths: `*` is any text within a segment, `**` any number of segments, `?` one character; all else is
 * what it is. One that begins with `/` is for whole paths, any other for their ends: `port` finds `/shop/server/port`,
 * and `server/*` what is directly below a `server`.
 *
 * It is matched segment by segment, each in one pass that never looks back further than to the last star: so no
 * pattern takes long, whatever the paths are.
 */
export function globOf(pattern: string): (path: string) => boolean {
  const isWhole = pattern.startsWith('/');
  const own = (isWhole ? pattern.slice(1) : pattern).split('/');
  const wanted = isWhole ? own : ['**', ...own];
  return (path) => matches(wanted, path.slice(1).split('/'), '**', matchesSegment);
}

/** `?` is one character, which two code units may be. */
function matchesSegment(wanted: string, segment: string): boolean {
  return matches([...wanted], [...segment], '*', (one, other) => one === '?' || one === other);
}

/** Whether items fit a pattern of them in which `star` stands for any number of items. */
function matches(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  fits: (wanted: string, item: string) => boolean,
): boolean {
  let at = 0;
  let begin = 0;
  /** Where the last star was, and how many items it has taken. */
  let back: { readonly at: number; begin: number } | undefined;
  while (begin < items.length) {
    const wanted = pattern[at];
    if (wanted === star) back = { at: at++, begin };
    else if (wanted !== undefined && fits(wanted, items[begin] ?? '')) {
      at++;
      begin++;
    } else if (back !== undefined) {
      back.begin++;
      at = back.at + 1;
      begin = back.begin;
    } else return false;
  }
  while (pattern[at] === star) at++;
  return at === pattern.length;
}
