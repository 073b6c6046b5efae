import * as v from '../schema.ts';
import {
  checkRight,
  createToken,
  listRoles,
  listTokens,
  removeRole,
  removeToken,
  renew,
  rotateToken,
  setRole,
  updateToken,
  whoami,
} from './auth-up.ts';
import { hello, upHeartbeat } from './connection-up.ts';
import { history, log } from './history-up.ts';
import { grantLease, keepAlive, listLeases, readLease, revokeLease } from './lease-up.ts';
import { compact, countersRequest, statusRequest } from './operations-up.ts';
import { listSessions } from './sessions-up.ts';
import { listSubscribers, report } from './subscribers-up.ts';
import { txnRequest } from './txn-up.ts';
import { commitRequest, get, list } from './values-up.ts';
import { unwatch, verify, watch } from './watch-up.ts';

/** All that a client may say. */
export const upMessage = v.variant('type', [
  hello,
  get,
  list,
  history,
  log,
  commitRequest,
  txnRequest,
  watch,
  unwatch,
  verify,
  statusRequest,
  countersRequest,
  compact,
  renew,
  whoami,
  checkRight,
  setRole,
  removeRole,
  listRoles,
  createToken,
  rotateToken,
  updateToken,
  removeToken,
  listTokens,
  report,
  listSubscribers,
  listSessions,
  grantLease,
  keepAlive,
  revokeLease,
  readLease,
  listLeases,
  upHeartbeat,
]);

export type UpMessage = v.InferOutput<typeof upMessage>;
/** What has an answer. */
export type Request = Extract<UpMessage, { id: number }>;
