import * as v from '../schema.ts';
import { commit, count, deleteChange, prevEntry, requestNumber, text } from './parts.ts';

const loggedPut = v.object({
  type: v.literal('put'),
  path: text,
  /** There was nothing before. */
  created: v.boolean(),
  /** What was put, and what was there before; with values only. */
  entry: v.exactOptional(prevEntry),
  prev: v.exactOptional(prevEntry),
});

/** A commit as far as it lies in the subtree, or at the path. */
const loggedCommit = v.object({
  ...commit.entries,
  changes: v.array(v.variant('type', [loggedPut, deleteChange])),
});

export const logged = v.object({
  type: v.literal('logged'),
  id: requestNumber,
  /** The revision that the page was read at. */
  revision: count,
  /** Where history begins: what was before is not known. */
  compactedRevision: count,
  /** When the oldest commit was made that history has; absent where it has none, or none knows. */
  keptSince: v.exactOptional(count),
  /** The newest first. */
  commits: v.array(loggedCommit),
  /** The `at` and `after` of the next page; absent on the last one. With `after`, the last commit goes on there. */
  next: v.exactOptional(v.object({ at: count, after: v.exactOptional(text) })),
});

export type Logged = v.InferOutput<typeof logged>;
export type WireLoggedCommit = v.InferOutput<typeof loggedCommit>;
export type WireLoggedChange = WireLoggedCommit['changes'][number];
