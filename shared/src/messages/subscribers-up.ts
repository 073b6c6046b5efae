import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';

/** What a program could not use, and why. */
export const rejection = v.object({
  revision: count,
  reason: v.pipe(v.string(), v.maxLength(limits.reasonLengthMax), v.wellFormed()),
});

/**
 * Says how far a program has come with the configuration below a path: which revision it runs with, and which
 * newer one it refused. Without `applied` and `rejected`, it uses it no more. Answered by `reported`.
 */
export const report = v.object({
  type: v.literal('report'),
  id: requestNumber,
  path: text,
  applied: v.exactOptional(count),
  rejected: v.exactOptional(rejection),
});

/** A page of those who watch a subtree or report on it. Answered by `subscribers`. */
export const listSubscribers = v.object({
  type: v.literal('listSubscribers'),
  id: requestNumber,
  path: text,
  /** Continue after this one: the `next` of the page before. */
  after: v.exactOptional(name),
});

export type ReportRequest = v.InferOutput<typeof report>;
export type ListSubscribersRequest = v.InferOutput<typeof listSubscribers>;
export type Rejection = v.InferOutput<typeof rejection>;
