import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { count, requestId, requestNumber, text } from './parts.ts';
import { condition, put, remove } from './values-up.ts';

/** What a transaction does: it writes as a commit does, and reads what was there before it. */
export const txnOperation = v.variant('type', [
  put,
  remove,
  v.object({ type: v.literal('get'), path: text }),
  v.object({
    type: v.literal('list'),
    path: text,
    /** As in `list`. */
    depth: v.exactOptional(count),
    values: v.exactOptional(v.boolean()),
    limit: v.exactOptional(v.pipe(count, v.minValue(1))),
  }),
]);

const branch = v.pipe(v.array(txnOperation), v.maxLength(limits.operationsMax));

/**
 * Does one of two branches as one commit: `then` where all of `if` holds, and `else` where not. Answered by
 * `decided`. One that is too large for a message comes in parts, as a commit does.
 */
export const txnRequest = v.object({
  type: v.literal('txn'),
  id: requestNumber,
  requestId,
  if: v.pipe(v.array(condition), v.maxLength(limits.operationsMax)),
  then: branch,
  /** Without it, nothing is done where a condition does not hold. */
  else: v.exactOptional(branch),
  note: v.exactOptional(text),
  /** The span of the client that it is a part of, as the header `traceparent` of the W3C has it. */
  traceparent: v.exactOptional(text),
  /** As in `commit`. */
  part: v.exactOptional(count),
  more: v.exactOptional(v.boolean()),
});

export type TxnOperation = v.InferOutput<typeof txnOperation>;
export type TxnRequest = v.InferOutput<typeof txnRequest>;
