import { limits } from '../limits.ts';
import * as v from '../schema.ts';

/** A revision, a count, a time: an integer that survives JSON in every language. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The number a client gives a request; the reply carries it back. */
export const requestNumber = count;

/** The same for every try of the same write, and for no other write (S4). */
export const requestId = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(limits.requestIdLengthMax),
  v.wellFormed(),
);

export const name = v.pipe(v.string(), v.maxLength(limits.nameLengthMax), v.wellFormed());

/**
 * Paths and values are plain strings here. The store judges them, because a bad path is a failed
 * request with a code of its own and not a malformed message.
 */
export const text = v.string();

/** What an entry says beside its path. */
const content = {
  value: text,
  createRevision: count,
  modRevision: count,
  version: count,
  updatedAt: count,
  updatedBy: text,
  lease: v.exactOptional(text),
};

export const entry = v.object({ path: text, ...content });

/** A listed entry: `value` is left out where only the metadata were asked for. */
export const listedEntry = v.object({ ...entry.entries, value: v.exactOptional(text) });

/** The entry before a change. Its path is that of the change. */
export const prevEntry = v.object(content);

export const deleteCause = v.picklist(['removed', 'expired', 'revoked']);

/**
 * A put inside a commit. `modRevision`, `updatedAt` and `updatedBy` of the entry are the commit's
 * `revision`, `time` and `actor`, so they do not travel with each change.
 */
export const putChange = v.object({
  type: v.literal('put'),
  path: text,
  value: text,
  createRevision: count,
  version: count,
  lease: v.exactOptional(text),
  prev: v.exactOptional(prevEntry),
});

export const deleteChange = v.object({
  type: v.literal('delete'),
  path: text,
  cause: deleteCause,
  prev: v.exactOptional(prevEntry),
});

/**
 * Every entry at and below `path` before the commit went, but for those that the commit puts: one
 * line for what may be very many deletes. Only readers who have the state before are told so.
 */
export const clearChange = v.object({
  type: v.literal('clear'),
  path: text,
  cause: deleteCause,
  /** How many went. */
  entries: v.pipe(count, v.minValue(1)),
});

export const commit = v.object({
  revision: count,
  time: count,
  actor: text,
  note: v.exactOptional(text),
  changes: v.array(v.variant('type', [putChange, deleteChange, clearChange])),
});

/** A change inside a net difference: no commit is named, so the entry is whole. */
export const netChange = v.variant('type', [
  v.object({ type: v.literal('put'), entry }),
  v.object({ type: v.literal('delete'), path: text, cause: deleteCause }),
]);
