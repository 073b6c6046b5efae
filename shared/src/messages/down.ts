import * as v from '../schema.ts';
import {
  authChanged,
  identity,
  renewed,
  revoked,
  rightChecked,
  roles,
  tokenMade,
  tokens,
} from './auth-down.ts';
import { downHeartbeat, errorReply, goodbye, welcome } from './connection-down.ts';
import { logged } from './history-down.ts';
import { leases } from './lease-down.ts';
import { compaction, countersReply, statusReply } from './operations-down.ts';
import { sessions } from './sessions-down.ts';
import { reported, subscribers } from './subscribers-down.ts';
import { decided } from './txn-down.ts';
import { committed, got, listed } from './values-down.ts';
import {
  commits,
  compacted,
  difference,
  resync,
  snapshot,
  synced,
  unwatched,
  verifying,
  watching,
} from './watch-down.ts';

/** All that a server may say. */
export const downMessage = v.variant('type', [
  welcome,
  got,
  listed,
  logged,
  committed,
  decided,
  watching,
  snapshot,
  difference,
  synced,
  commits,
  resync,
  compacted,
  revoked,
  unwatched,
  verifying,
  statusReply,
  countersReply,
  compaction,
  renewed,
  identity,
  rightChecked,
  authChanged,
  roles,
  tokenMade,
  tokens,
  reported,
  subscribers,
  sessions,
  leases,
  downHeartbeat,
  goodbye,
  errorReply,
]);

export type DownMessage = v.InferOutput<typeof downMessage>;
/** What answers a request. */
export type Reply = Extract<DownMessage, { id: number }>;
