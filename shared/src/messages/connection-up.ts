import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { count, name } from './parts.ts';

/** The first message of a connection. */
export const hello = v.object({
  type: v.literal('hello'),
  version: count,
  token: v.exactOptional(v.pipe(v.string(), v.maxLength(limits.tokenLengthMax), v.wellFormed())),
  client: v.exactOptional(
    v.object({
      name: v.exactOptional(name),
      version: v.exactOptional(name),
      labels: v.exactOptional(v.pipe(v.record(name, name), v.maxEntries(limits.labelsMax))),
    }),
  ),
});

/** The answer to each heartbeat: the revision that all watches of the client have applied. */
export const upHeartbeat = v.object({ type: v.literal('heartbeat'), applied: count });

export type Hello = v.InferOutput<typeof hello>;
