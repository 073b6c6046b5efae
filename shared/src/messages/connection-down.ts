import * as v from '../schema.ts';
import { count, entry, name, requestNumber, text } from './parts.ts';

/** The answer to `hello`. */
export const welcome = v.object({
  type: v.literal('welcome'),
  version: count,
  /** The session's name in the server's log. */
  session: name,
  epoch: name,
  /** Positions that are reached over this connection are on it. */
  timeline: v.exactOptional(name),
  revision: count,
  heartbeatMs: v.pipe(count, v.minValue(1)),
  limits: v.object({
    pathBytesMax: count,
    valueBytesMax: count,
    /** Bytes of a frame: a message that has more comes in pieces. */
    frameBytesMax: count,
    messageBytesMax: count,
    operationsMax: count,
    watchesMax: count,
    requestsMax: count,
    /** Bytes of all messages of a commit in parts. */
    commitBytesMax: count,
    /** Bytes of all requests that wait for an answer. */
    waitingBytesMax: count,
  }),
  /** Who the server takes the client for, where it asks who that is. */
  principal: v.exactOptional(text),
  /** How long that holds, without `renew`; a duration, because clocks differ. */
  expiresInMs: v.exactOptional(count),
});

/** Every watch of the connection that was synced before has everything up to `revision`. */
export const downHeartbeat = v.object({
  type: v.literal('heartbeat'),
  revision: count,
  /** How long the server has been out of touch with what decides, so that all it shows may be old. */
  behindMs: v.exactOptional(count),
});

/** The server closes the connection next; come back after `retryInMs`. */
export const goodbye = v.object({
  type: v.literal('goodbye'),
  code: text,
  message: text,
  retryInMs: count,
});

/** A request failed. The connection lives. */
export const errorReply = v.object({
  type: v.literal('error'),
  id: requestNumber,
  code: text,
  message: text,
  path: v.exactOptional(text),
  current: v.exactOptional(v.nullable(entry)),
  compactedRevision: v.exactOptional(count),
});

export type Welcome = v.InferOutput<typeof welcome>;
export type Goodbye = v.InferOutput<typeof goodbye>;
export type ErrorReply = v.InferOutput<typeof errorReply>;
