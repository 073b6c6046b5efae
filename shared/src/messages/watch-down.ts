import * as v from '../schema.ts';
import type { Revoked } from './auth-down.ts';
import {
  type clearChange,
  commit,
  count,
  type deleteChange,
  entry,
  name,
  netChange,
  type putChange,
  requestNumber,
  text,
} from './parts.ts';

export const watching = v.object({
  type: v.literal('watching'),
  id: requestNumber,
  /** The name of the watch in all its messages. */
  watch: name,
  /** Where the watch starts: `after`, or the server's revision when it took the request. */
  revision: count,
});

/** A page of the entries of a state watch at one revision. Nothing of it counts before `synced`. */
export const snapshot = v.object({
  type: v.literal('snapshot'),
  watch: name,
  revision: count,
  entries: v.array(entry),
});

/** A page of the net changes between two revisions. Nothing of it counts before `synced`. */
export const difference = v.object({
  type: v.literal('difference'),
  watch: name,
  from: count,
  to: count,
  changes: v.array(netChange),
});

/** A state watch has all of `revision` now. */
export const synced = v.object({
  type: v.literal('synced'),
  watch: name,
  revision: count,
  /** What led there: `nothing`, `commits`, `difference`, `snapshot`; `verify` where only a proof was asked for. */
  by: v.exactOptional(name),
  /** How many entries the subtree holds, and their digest, where the server knows them. */
  entries: v.exactOptional(count),
  digest: v.exactOptional(text),
});

/** Everything that happened to the watch after `from`, up to and with `to`. */
export const commits = v.object({
  type: v.literal('commits'),
  watch: name,
  from: count,
  to: count,
  commits: v.array(commit),
  /** The batch goes on in the next frame: nothing of it counts before its last frame. */
  more: v.exactOptional(v.boolean()),
});

/** The position of a state watch cannot be continued; a snapshot follows. */
export const resync = v.object({
  type: v.literal('resync'),
  watch: name,
  reason: v.picklist(['compacted', 'epoch']),
  epoch: name,
});

/** The position of an event watch cannot be continued; the watch has ended. */
export const compacted = v.object({
  type: v.literal('compacted'),
  watch: name,
  reason: v.picklist(['compacted', 'epoch']),
  epoch: name,
  compactedRevision: count,
  revision: count,
});

export const unwatched = v.object({ type: v.literal('unwatched'), id: requestNumber });

export const verifying = v.object({ type: v.literal('verifying'), id: requestNumber });

export type Watching = v.InferOutput<typeof watching>;
export type Snapshot = v.InferOutput<typeof snapshot>;
export type Difference = v.InferOutput<typeof difference>;
export type Synced = v.InferOutput<typeof synced>;
export type Commits = v.InferOutput<typeof commits>;
export type Resync = v.InferOutput<typeof resync>;
export type Compacted = v.InferOutput<typeof compacted>;
export type NetChange = v.InferOutput<typeof netChange>;
export type WireCommit = v.InferOutput<typeof commit>;
export type Clear = v.InferOutput<typeof clearChange>;
export type WireChange =
  | v.InferOutput<typeof putChange>
  | v.InferOutput<typeof deleteChange>
  | Clear;
export type WatchMessage = Snapshot | Difference | Synced | Commits | Resync | Compacted | Revoked;
