import type { Change } from '@confer/shared';

/** What may wait for a slow reader, in changes of a mirror or commits, and in characters. */
export const QUEUE_LENGTH_MAX = 1_000;
export const QUEUE_CHARS_MAX = 16 * 1024 * 1024;

/** What a change takes beside its text, and so does the list that it is in. */
const CHANGE_CHARS = 200;

/** About what the changes take in memory. */
export function charsOf({ changes }: { readonly changes: readonly Change[] }): number {
  let chars = CHANGE_CHARS;
  for (const change of changes) {
    chars += CHANGE_CHARS + change.path.length + (change.prev?.value.length ?? 0);
    if (change.type === 'put') chars += change.entry.value.length;
  }
  return chars;
}
