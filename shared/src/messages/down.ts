import * as v from '../schema.ts';
import {
  type clearChange,
  commit,
  count,
  type deleteChange,
  entry,
  listedEntry,
  name,
  netChange,
  type putChange,
  requestNumber,
  text,
} from './parts.ts';

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
    frameBytesMax: count,
    operationsMax: count,
    watchesMax: count,
    requestsMax: count,
    /** Bytes of all frames of a commit in parts. */
    commitBytesMax: count,
    /** Bytes of all frames of the requests that wait for an answer. */
    waitingBytesMax: count,
  }),
});

export const got = v.object({
  type: v.literal('got'),
  id: requestNumber,
  revision: count,
  entry: v.nullable(entry),
});

export const listed = v.object({
  type: v.literal('listed'),
  id: requestNumber,
  /** The revision that the page shows. */
  revision: count,
  entries: v.array(listedEntry),
  /** Paths at `depth` below which there is more. */
  folders: v.array(text),
  /** Where the next page continues; absent on the last one. */
  next: v.exactOptional(text),
});

export const committed = v.object({
  type: v.literal('committed'),
  id: requestNumber,
  /** The revision of the commit; the current one where there was nothing to change. */
  revision: count,
  puts: count,
  deletes: count,
});

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

export const verifying = v.object({ type: v.literal('verifying'), id: requestNumber });

export const unwatched = v.object({ type: v.literal('unwatched'), id: requestNumber });

export const status = v.object({
  type: v.literal('status'),
  id: requestNumber,
  epoch: name,
  revision: count,
  compactedRevision: count,
  entries: count,
  engine: text,
  version: text,
  connections: count,
  watches: count,
  uptimeMs: count,
  /** How the storage is; what is wrong with it, where it is not well. */
  storage: v.exactOptional(v.picklist(['well', 'degraded', 'failed'])),
  storageProblem: v.exactOptional(text),
});

/** Where history begins now; higher than asked for, where it began there already. */
export const compaction = v.object({
  type: v.literal('compaction'),
  id: requestNumber,
  compactedRevision: count,
});

/** Every watch of the connection that was synced before has everything up to `revision`. */
export const heartbeat = v.object({ type: v.literal('heartbeat'), revision: count });

/** The server closes the connection next; come back after `retryInMs`. */
export const goodbye = v.object({
  type: v.literal('goodbye'),
  code: text,
  message: text,
  retryInMs: count,
});

/** A request failed. The connection lives. */
export const error = v.object({
  type: v.literal('error'),
  id: requestNumber,
  code: text,
  message: text,
  path: v.exactOptional(text),
  current: v.exactOptional(v.nullable(entry)),
  compactedRevision: v.exactOptional(count),
});

export const downMessage = v.variant('type', [
  welcome,
  got,
  listed,
  committed,
  watching,
  snapshot,
  difference,
  synced,
  commits,
  resync,
  compacted,
  unwatched,
  verifying,
  status,
  compaction,
  heartbeat,
  goodbye,
  error,
]);

export type Welcome = v.InferOutput<typeof welcome>;
export type Got = v.InferOutput<typeof got>;
export type Listed = v.InferOutput<typeof listed>;
export type ListedEntry = v.InferOutput<typeof listedEntry>;
export type Committed = v.InferOutput<typeof committed>;
export type Watching = v.InferOutput<typeof watching>;
export type Snapshot = v.InferOutput<typeof snapshot>;
export type Difference = v.InferOutput<typeof difference>;
export type NetChange = v.InferOutput<typeof netChange>;
export type Synced = v.InferOutput<typeof synced>;
export type Commits = v.InferOutput<typeof commits>;
export type WireCommit = v.InferOutput<typeof commit>;
export type Clear = v.InferOutput<typeof clearChange>;
export type WireChange =
  | v.InferOutput<typeof putChange>
  | v.InferOutput<typeof deleteChange>
  | Clear;
export type Resync = v.InferOutput<typeof resync>;
export type Compacted = v.InferOutput<typeof compacted>;
export type Status = v.InferOutput<typeof status>;
export type Goodbye = v.InferOutput<typeof goodbye>;
export type ErrorReply = v.InferOutput<typeof error>;
export type Reply = Extract<DownMessage, { id: number }>;
export type WatchMessage = Snapshot | Difference | Synced | Commits | Resync | Compacted;
export type DownMessage = v.InferOutput<typeof downMessage>;
