import * as v from '../schema.ts';
import { count, entry, listedEntry, requestNumber, text } from './parts.ts';

export const got = v.object({
  type: v.literal('got'),
  id: requestNumber,
  revision: count,
  entry: v.nullable(entry),
});

export const listed = v.object({
  type: v.literal('listed'),
  id: requestNumber,
  /** The revision that the page shows. */
  revision: count,
  entries: v.array(listedEntry),
  /** Paths at `depth` below which there is more. */
  folders: v.array(text),
  /** Where the next page continues; absent on the last one. */
  next: v.exactOptional(text),
});

export const committed = v.object({
  type: v.literal('committed'),
  id: requestNumber,
  /** The revision of the commit; the current one where there was nothing to change. */
  revision: count,
  puts: count,
  deletes: count,
});

export type Got = v.InferOutput<typeof got>;
export type Listed = v.InferOutput<typeof listed>;
export type Committed = v.InferOutput<typeof committed>;
export type ListedEntry = v.InferOutput<typeof listedEntry>;
