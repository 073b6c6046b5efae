import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';

export const statusReply = v.object({
  type: v.literal('status'),
  id: requestNumber,
  epoch: name,
  revision: count,
  compactedRevision: count,
  /** Figures are for those who may `operate`. */
  entries: v.exactOptional(count),
  engine: text,
  version: text,
  connections: v.exactOptional(count),
  watches: v.exactOptional(count),
  uptimeMs: count,
  /** How the storage is; what is wrong with it, where it is not well. */
  storage: v.exactOptional(v.picklist(['well', 'behind', 'degraded', 'failed'])),
  storageProblem: v.exactOptional(text),
});

/** Where history begins now; higher than asked for, where it began there already. */
export const compaction = v.object({
  type: v.literal('compaction'),
  id: requestNumber,
  compactedRevision: count,
});

/** What `figures` has, `serverFigures` says: only those who ask for it load that. */
export const countersReply = v.object({
  type: v.literal('counters'),
  id: requestNumber,
  figures: v.anything(),
});

export type Status = v.InferOutput<typeof statusReply>;
