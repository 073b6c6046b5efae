import type { Commit } from '@confer/shared';

/** What a commit and a change take beside their texts, roughly. */
const COMMIT_BYTES = 200;
const CHANGE_BYTES = 200;

/** What a commit costs beside the entries that it made: mostly those that it replaced. */
export function historySize({ changes }: Commit): number {
  let bytes = COMMIT_BYTES;
  for (const { path, prev } of changes)
    bytes += CHANGE_BYTES + path.length + (prev === undefined ? 0 : prev.value.length);
  return bytes;
}
