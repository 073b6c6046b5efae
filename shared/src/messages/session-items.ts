import * as v from '../schema.ts';
import { clientInfo } from './client-info.ts';
import { count, name, text } from './parts.ts';

/** How a watch is: it is told of commits as they happen, is behind, or has not come to its first `synced`. */
const watchStates = ['live', 'lagging', 'syncing'] as const;

const sessionWatch = v.object({
  path: text,
  mode: v.picklist(['state', 'events']),
  state: v.picklist(watchStates),
  /** The revision up to which it was sent everything; missing until its first `synced`. */
  sent: v.exactOptional(count),
});

/** One connection, and what it watches. */
const session = v.object({
  session: name,
  /** Missing where nobody is asked who they are. */
  principal: v.exactOptional(text),
  /** What the client says of itself. */
  client: v.exactOptional(clientInfo),
  address: text,
  /** The library that has its socket. */
  transport: text,
  connectedMs: count,
  /** The revision up to which it has applied everything, as it said with its last heartbeat; missing before its first. */
  applied: v.exactOptional(count),
  /** Of the newest change of what it watches there: up to it, `applied` is current. Missing where it watches nothing, or watches are only counted. */
  latest: v.exactOptional(count),
  /** Bytes that wait in the server because the connection does not take them. */
  waitingBytes: count,
  /** Its watches, of a path asked for those that meet it. */
  watchCount: count,
  /** How many of them are in each state; missing where they are only counted. */
  states: v.exactOptional(v.object({ live: count, lagging: count, syncing: count })),
  /** Some of them: first those that are not live. */
  watches: v.array(sessionWatch),
});

export const sessionItems = v.array(session);

export type SessionWatch = v.InferOutput<typeof sessionWatch>;
export type SessionItem = v.InferOutput<typeof session>;
