import { limits } from '../limits.ts';
import { oneOfFields } from '../one-of-fields.ts';
import * as v from '../schema.ts';
import { count, name, requestId, requestNumber, text } from './parts.ts';

/** Reads one entry. Answered by `got`. */
export const get = v.object({
  type: v.literal('get'),
  id: requestNumber,
  path: text,
  /** The revision to read at; without it, now. */
  at: v.exactOptional(count),
  /** `true`: what the server has, which may be old where it shares its store with others. */
  stale: v.exactOptional(v.boolean()),
});

/** Reads a page of a subtree, in the order of the tree. Answered by `listed`. */
export const list = v.object({
  type: v.literal('list'),
  id: requestNumber,
  path: text,
  /** Levels below `path`; without it, all. What lies deeper is named as a folder. */
  depth: v.exactOptional(count),
  /** `false` leaves the values out. */
  values: v.exactOptional(v.boolean()),
  /** The revision to read at, so that pages fit together; without it, now. */
  at: v.exactOptional(count),
  /** Continue after this path: the `next` of the page before. */
  after: v.exactOptional(text),
  /** Items at most; a server may send fewer. */
  limit: v.exactOptional(v.pipe(count, v.minValue(1))),
  /** As in `get`. */
  stale: v.exactOptional(v.boolean()),
});

export const put = v.object({
  type: v.literal('put'),
  path: text,
  value: text,
  /** What the entry goes with; without it, it stays. */
  lease: v.exactOptional(text),
});

export const remove = v.object({
  type: v.literal('delete'),
  path: text,
  /** With everything below it. */
  recursive: v.exactOptional(v.boolean()),
});

export const operation = v.variant('type', [put, remove]);

/**
 * What a path must be before the commit, by the one field beside `path` that says of which kind it is: with none, or
 * with two, it is no condition.
 */
export const condition = oneOfFields(
  { path: text },
  {
    /** Of the last write; 0: the path holds nothing. */
    modRevision: count,
    /** Of the write that created it; 0: the path holds nothing. */
    createRevision: count,
    /** Writes since then; 0: the path holds nothing. */
    version: count,
    /** Just this. */
    value: text,
    exists: v.boolean(),
    /** What the entry dies with; `null`: there is an entry, and it has no lease. */
    lease: v.nullable(name),
    /** Nothing at or below the path was written or deleted after this revision. */
    unchangedSince: count,
  },
);

/**
 * Writes all operations as one commit, or none. Answered by `committed`. One that is too large for a message
 * comes in parts, one after another, which are answered as one.
 */
export const commitRequest = v.object({
  type: v.literal('commit'),
  id: requestNumber,
  requestId,
  conditions: v.exactOptional(v.pipe(v.array(condition), v.maxLength(limits.operationsMax))),
  /** One at least in the whole commit. */
  operations: v.pipe(v.array(operation), v.maxLength(limits.operationsMax)),
  note: v.exactOptional(text),
  /** The span of the client that it is a part of, as the header `traceparent` of the W3C has it. */
  traceparent: v.exactOptional(text),
  /** Which part it is, from 0 on; a commit of one frame has none. */
  part: v.exactOptional(count),
  /** Another part follows. */
  more: v.exactOptional(v.boolean()),
});

export type GetRequest = v.InferOutput<typeof get>;
export type ListRequest = v.InferOutput<typeof list>;
export type Operation = v.InferOutput<typeof operation>;
export type Condition = v.InferOutput<typeof condition>;
export type CommitRequest = v.InferOutput<typeof commitRequest>;
