import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';

/**
 * What a server says of leases: of one that it has granted, of those that it keeps (one that was asked for and is not
 * here is over), of one that was asked about, or a page of all.
 */
export const leases = v.object({
  type: v.literal('leases'),
  id: requestNumber,
  revision: count,
  leases: v.array(
    v.object({
      lease: name,
      /** What it has after each `keepAlive`. */
      ttlMs: count,
      /**
       * What is left of it, where the server knows without asking others. One that has just started may say more
       * than there was.
       */
      remainingMs: v.exactOptional(count),
      /** To who asks about leases: what they are for, whose, and how many entries go with them. */
      name: v.exactOptional(name),
      owner: v.exactOptional(text),
      entries: v.exactOptional(count),
    }),
  ),
  /** A page of the entries of the one that was asked about: to its owner, and to who may read everything. */
  paths: v.exactOptional(v.array(text)),
  next: v.exactOptional(text),
});

export type Leases = v.InferOutput<typeof leases>;
