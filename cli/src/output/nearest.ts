/** Longer words are not mistyped, but something else. */
const LENGTH_MAX = 64;

/** The one of `known` that somebody meant who typed `word`; `undefined` where none is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.slice(0, LENGTH_MAX).toLowerCase();
  // One slip in three letters, and two in any word that has room for them.
  const most = Math.min(3, Math.max(1, Math.floor(typed.length / 3)));
  let best: { readonly name: string; readonly slips: number } | undefined;
  for (const name of known) {
    const slips = slipsBetween(typed, name.slice(0, LENGTH_MAX).toLowerCase());
    // What has no letter in common is another word, however short.
    const isClose = slips <= most && slips < Math.min(typed.length, name.length);
    if (isClose && (best === undefined || slips < best.slips)) best = { name, slips };
  }
  return best?.name;
}

/** How many letters have to be put in, left out or changed to come from one to the other. */
function slipsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] ?? 0) + (to[j] === letter ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
