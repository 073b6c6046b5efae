import * as v from '../schema.ts';
import { count, requestNumber, text } from './parts.ts';

/** Reads what a path was, from the newest version to the oldest. Answered by `logged`. */
export const history = v.object({
  type: v.literal('history'),
  id: requestNumber,
  path: text,
  /** Versions up to this revision; without it, to now. The `next` of the page before. */
  at: v.exactOptional(count),
  /** Versions at most; a server may send fewer. */
  limit: v.exactOptional(v.pipe(count, v.minValue(1))),
});

/** Reads which commits touched a subtree, from the newest to the oldest. Answered by `logged`, too. */
export const log = v.object({
  type: v.literal('log'),
  id: requestNumber,
  path: text,
  /** Commits up to this revision; without it, to now. */
  at: v.exactOptional(count),
  /** Of the commit at `at`, only what comes after this path. */
  after: v.exactOptional(text),
  /** Commits at most; a server may send fewer. */
  limit: v.exactOptional(v.pipe(count, v.minValue(1))),
  /** `true` tells what each change put, and what was there before. */
  values: v.exactOptional(v.boolean()),
});

export type HistoryRequest = v.InferOutput<typeof history>;
export type LogRequest = v.InferOutput<typeof log>;
