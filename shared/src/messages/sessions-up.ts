import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';

/**
 * A page of who is connected: all of them, or only those that all of what is given here fits. Answered by `sessions`.
 */
export const listSessions = v.object({
  type: v.literal('listSessions'),
  id: requestNumber,
  /** Those with a watch that meets this subtree: it lies in it, or has some of it. */
  path: v.exactOptional(text),
  /** Those who act for this one. */
  principal: v.exactOptional(text),
  /** Those whose client calls itself so. */
  client: v.exactOptional(name),
  /**
   * Only so many of each page: for whom the most bytes wait, and then those who are furthest behind. The watches of
   * these are counted and not shown. At most a hundred.
   */
  slowest: v.exactOptional(count),
  /** Continue after this one: the `next` of the page before. */
  after: v.exactOptional(name),
});

export type ListSessionsRequest = v.InferOutput<typeof listSessions>;
