import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';

export const position = v.object({
  epoch: name,
  revision: count,
  /** Of the `welcome` of the connection that it was reached over. */
  timeline: v.exactOptional(name),
});

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

/** Reads one entry. Answered by `got`. */
export const get = v.object({ type: v.literal('get'), id: requestNumber, path: text });

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
});

export const operation = v.variant('type', [
  v.object({ type: v.literal('put'), path: text, value: text }),
  v.object({
    type: v.literal('delete'),
    path: text,
    /** With everything below it. */
    recursive: v.exactOptional(v.boolean()),
  }),
]);

/** Holds when the path's modRevision is this one; 0 means that the path holds nothing. */
export const condition = v.object({ path: text, modRevision: count });

/**
 * Writes all operations as one commit, or none. Answered by `committed`. One that is too large for a frame
 * comes in parts, one after another, which are answered as one.
 */
export const commit = v.object({
  type: v.literal('commit'),
  id: requestNumber,
  /** The same for every try of the same write, and for no other write (S4). */
  requestId: v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(limits.requestIdLengthMax),
    v.wellFormed(),
  ),
  conditions: v.exactOptional(v.pipe(v.array(condition), v.maxLength(limits.operationsMax))),
  /** One at least in the whole commit. */
  operations: v.pipe(v.array(operation), v.maxLength(limits.operationsMax)),
  note: v.exactOptional(text),
  /** Which part it is, from 0 on; a commit of one frame has none. */
  part: v.exactOptional(count),
  /** Another part follows. */
  more: v.exactOptional(v.boolean()),
});

/** Opens a watch of a subtree. Answered by `watching`, then by the messages of the watch. */
export const watch = v.object({
  type: v.literal('watch'),
  id: requestNumber,
  path: text,
  /** `state`: what the subtree holds, kept up to date. `events`: every change from now on. */
  mode: v.picklist(['state', 'events']),
  /** The position that the client has reached; exclusive. */
  after: v.exactOptional(position),
  /** Send with each change the entry before it. */
  prev: v.exactOptional(v.boolean()),
  /** The client knows `clear`. Without effect on event watches and those with `prev`. */
  clears: v.exactOptional(v.boolean()),
});

/** Ends a watch. Answered by `unwatched`; frames of the watch may still come before that. */
export const unwatch = v.object({ type: v.literal('unwatch'), id: requestNumber, watch: name });

/**
 * Asks for a proof of what a state watch has. Answered by `verifying`; once the watch is live and the
 * digest is known, a `synced` with `entries` and `digest` comes.
 */
export const verify = v.object({ type: v.literal('verify'), id: requestNumber, watch: name });

/** Asks how the server is. Answered by `status`. */
export const status = v.object({ type: v.literal('status'), id: requestNumber });

/** Drops history up to a revision, or all of it. Answered by `compaction` once that is done. */
export const compact = v.object({
  type: v.literal('compact'),
  id: requestNumber,
  revision: v.exactOptional(count),
});

/** The answer to each heartbeat: the revision that all watches of the client have applied. */
export const heartbeat = v.object({ type: v.literal('heartbeat'), applied: count });

export const request = v.variant('type', [
  get,
  list,
  commit,
  watch,
  unwatch,
  verify,
  status,
  compact,
]);
export const upMessage = v.variant('type', [
  hello,
  get,
  list,
  commit,
  watch,
  unwatch,
  verify,
  status,
  compact,
  heartbeat,
]);

export type Hello = v.InferOutput<typeof hello>;
export type GetRequest = v.InferOutput<typeof get>;
export type ListRequest = v.InferOutput<typeof list>;
export type CommitRequest = v.InferOutput<typeof commit>;
export type WatchRequest = v.InferOutput<typeof watch>;
export type UnwatchRequest = v.InferOutput<typeof unwatch>;
export type VerifyRequest = v.InferOutput<typeof verify>;
export type StatusRequest = v.InferOutput<typeof status>;
export type CompactRequest = v.InferOutput<typeof compact>;
export type Operation = v.InferOutput<typeof operation>;
export type Condition = v.InferOutput<typeof condition>;
export type WatchMode = WatchRequest['mode'];
export type Request = v.InferOutput<typeof request>;
export type UpMessage = v.InferOutput<typeof upMessage>;
