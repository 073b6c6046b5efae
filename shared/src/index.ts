export { assert, unreachable } from './assert.ts';
export type { Clock, Random, Timer } from './clock.ts';
export {
  type Decoded,
  decodeDown,
  decodeRequest,
  decodeUp,
  encode,
  type Unsent,
} from './codec.ts';
export { Digest } from './digest.ts';
export type {
  Change,
  Commit,
  DeleteCause,
  DeleteChange,
  Entry,
  EntryMeta,
  PutChange,
} from './entry.ts';
export { errorMeanings } from './error-meanings.ts';
export {
  type ErrorCode,
  type ErrorDetails,
  errorCodes,
  errorKind,
  errorOfClose,
  errorTable,
  isErrorCode,
  ProtocolError,
  type Retry,
} from './errors.ts';
export { flatten, UnstorableError } from './flatten.ts';
export { keyOfSegment, segmentOfKey } from './key.ts';
export { isLeaseId, LEASES, leaseLimits, leasePath, ttlProblem } from './lease.ts';
export { limits, times, txnLimits } from './limits.ts';
export type * from './messages/auth-down.ts';
export type * from './messages/auth-up.ts';
export type * from './messages/connection-down.ts';
export type * from './messages/connection-up.ts';
export type * from './messages/down.ts';
export { downMessage } from './messages/down.ts';
export type * from './messages/history-down.ts';
export type * from './messages/history-up.ts';
export type * from './messages/lease-down.ts';
export type * from './messages/lease-up.ts';
export type * from './messages/operations-down.ts';
export type * from './messages/operations-up.ts';
export { type ServerFigures, serverFigures } from './messages/server-figures.ts';
export { type SessionItem, type SessionWatch, sessionItems } from './messages/session-items.ts';
export type * from './messages/sessions-up.ts';
export { type Subscriber, subscriberItems } from './messages/subscriber-items.ts';
export type * from './messages/subscribers-down.ts';
export type * from './messages/subscribers-up.ts';
export type * from './messages/txn-down.ts';
export { type TxnResult, txnResults } from './messages/txn-results.ts';
export type * from './messages/txn-up.ts';
export type * from './messages/up.ts';
export { upMessage } from './messages/up.ts';
export type * from './messages/values-down.ts';
export type * from './messages/values-up.ts';
export type * from './messages/watch-down.ts';
export type * from './messages/watch-up.ts';
export {
  brokenPathRule,
  childOf,
  comparePaths,
  isHiddenIn,
  isReserved,
  isShownIn,
  isWithin,
  lastReserved,
  nameOf,
  orderKey,
  pathOfOrderKey,
  pathProblem,
  ROOT,
  relativeTo,
  segmentsOf,
  subtreeProblem,
  subtreesOf,
} from './path.ts';
export { GOES_ON, piecesOf } from './pieces.ts';
export type { Position } from './position.ts';
export {
  checkCondition,
  checkLease,
  checkNote,
  checkOperation,
  checkPath,
  checkSubtree,
  checkTxnOperation,
  leaseNotFound,
} from './request-rules.ts';
export { type Grant, type Role, type Verb, verbs } from './rights.ts';
export { type Data, isMap, readValue, sameData, toJson, writeValue } from './scalar.ts';
export { type Schema, take } from './schema.ts';
export { isOpenSecret } from './secret-file.ts';
export { checkTraceparent, isTraceparent } from './traceparent.ts';
export { CollisionError, unflatten } from './unflatten.ts';
export { compareCodePoints, hasLoneSurrogate, utf8Length } from './utf8.ts';
export { DEFAULT_PORT, ENDPOINT, PROTOCOL_VERSION, SUBPROTOCOL } from './version.ts';
export { fromWireCommit, toWireCommit, type WatchCommit } from './wire.ts';
