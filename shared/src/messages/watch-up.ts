import * as v from '../schema.ts';
import { count, name, requestNumber, text } from './parts.ts';

export const position = v.object({
  epoch: name,
  revision: count,
  /** Of the `welcome` of the connection that it was reached over. */
  timeline: v.exactOptional(name),
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

export type WatchRequest = v.InferOutput<typeof watch>;
export type UnwatchRequest = v.InferOutput<typeof unwatch>;
export type VerifyRequest = v.InferOutput<typeof verify>;
export type WatchMode = WatchRequest['mode'];
