import * as v from '../schema.ts';
import { count, entry, listedEntry, text } from './parts.ts';

/** What came of one operation. What may not be read, or does not fit into the reply, is left out. */
const txnResult = v.variant('type', [
  v.object({
    type: v.literal('put'),
    createRevision: v.exactOptional(count),
    version: v.exactOptional(count),
  }),
  /** How many entries went. */
  v.object({ type: v.literal('delete'), deletes: v.exactOptional(count) }),
  v.object({ type: v.literal('get'), entry: v.exactOptional(v.nullable(entry)) }),
  v.object({
    type: v.literal('list'),
    entries: v.exactOptional(v.array(listedEntry)),
    folders: v.exactOptional(v.array(text)),
    next: v.exactOptional(text),
  }),
]);

export const txnResults = v.array(txnResult);

export type TxnResult = v.InferOutput<typeof txnResult>;
