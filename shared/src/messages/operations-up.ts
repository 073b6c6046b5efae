import * as v from '../schema.ts';
import { count, requestNumber } from './parts.ts';

/** Asks how the server is. Answered by `status`. */
export const statusRequest = v.object({ type: v.literal('status'), id: requestNumber });

/** Drops history up to a revision, or all of it. Answered by `compaction` once that is done. */
export const compact = v.object({
  type: v.literal('compact'),
  id: requestNumber,
  revision: v.exactOptional(count),
});

/** Asks what the server has counted and measured. Answered by `counters`. */
export const countersRequest = v.object({ type: v.literal('counters'), id: requestNumber });

export type StatusRequest = v.InferOutput<typeof statusRequest>;
export type CountersRequest = v.InferOutput<typeof countersRequest>;
export type CompactRequest = v.InferOutput<typeof compact>;
