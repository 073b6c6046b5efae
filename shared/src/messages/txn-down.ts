import * as v from '../schema.ts';
import { count, requestNumber } from './parts.ts';

/** The answer to `txn`. What its results are, `txnResults` says: pages that do no transactions do not load that. */
export const decided = v.object({
  type: v.literal('decided'),
  id: requestNumber,
  /** Whether all conditions held, so that `then` was done. */
  succeeded: v.boolean(),
  /** Of the commit; the current one where there was nothing to change. */
  revision: count,
  /** The state that is read: that before the commit. */
  readRevision: count,
  /** One for each operation of the branch that was done. */
  results: v.array(v.anything()),
});

export type Decided = v.InferOutput<typeof decided>;
