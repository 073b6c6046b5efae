import * as v from '../schema.ts';
import { count, deleteCause, prevEntry, requestNumber, text } from './parts.ts';

/** What a commit made of a path. `modRevision`, `updatedAt` and `updatedBy` are its `revision`, `time` and `actor`. */
const version = v.variant('type', [
  v.object({
    type: v.literal('put'),
    revision: count,
    time: count,
    actor: text,
    note: v.exactOptional(text),
    value: text,
    createRevision: count,
    version: count,
    lease: v.exactOptional(text),
  }),
  v.object({
    type: v.literal('delete'),
    revision: count,
    cause: deleteCause,
    /** Missing, as `actor` is, where the commit is not in history any more. */
    time: v.exactOptional(count),
    actor: v.exactOptional(text),
    note: v.exactOptional(text),
  }),
]);

export const versions = v.object({
  type: v.literal('versions'),
  id: requestNumber,
  /** The revision that the page was read at. */
  revision: count,
  /** Where history begins: what was before is not known. */
  compactedRevision: count,
  /** The newest first. */
  versions: v.array(version),
  /** The `at` of the next page; absent on the last one. */
  next: v.exactOptional(count),
});

const loggedChange = v.variant('type', [
  v.object({
    type: v.literal('put'),
    path: text,
    /** There was nothing before. */
    created: v.boolean(),
    /** From here on with `values` only. */
    value: v.exactOptional(text),
    createRevision: v.exactOptional(count),
    version: v.exactOptional(count),
    lease: v.exactOptional(text),
    prev: v.exactOptional(prevEntry),
  }),
  v.object({
    type: v.literal('delete'),
    path: text,
    cause: deleteCause,
    prev: v.exactOptional(prevEntry),
  }),
]);

/** A commit as far as it lies in the subtree. */
const loggedCommit = v.object({
  revision: count,
  time: count,
  actor: text,
  note: v.exactOptional(text),
  changes: v.array(loggedChange),
});

export const logged = v.object({
  type: v.literal('logged'),
  id: requestNumber,
  /** The revision that the page was read at. */
  revision: count,
  /** Where history begins: what was before is not known. */
  compactedRevision: count,
  /** The newest first. */
  commits: v.array(loggedCommit),
  /** The `at` and `after` of the next page; absent on the last one. With `after`, the last commit goes on there. */
  next: v.exactOptional(v.object({ at: count, after: v.exactOptional(text) })),
});

export type VersionsReply = v.InferOutput<typeof versions>;
export type WireVersion = v.InferOutput<typeof version>;
export type Logged = v.InferOutput<typeof logged>;
export type WireLoggedCommit = v.InferOutput<typeof loggedCommit>;
export type WireLoggedChange = v.InferOutput<typeof loggedChange>;
