import * as v from '../schema.ts';
import { count, name, text } from './parts.ts';

/** What a server has counted and measured, by names of which a later server may have more. */
export const serverFigures = v.object({
  /** Another one after each start: what was counted begins anew then. */
  instance: name,
  /** Since that start. */
  uptimeMs: count,
  /** These only grow. */
  counts: v.record(text, v.number()),
  /** How it is now. */
  gauges: v.record(text, v.number()),
});

export type ServerFigures = v.InferOutput<typeof serverFigures>;
