/** What both entries of the package show beside their own `connect`. */
export type {
  Change,
  Commit,
  Condition,
  DeleteCause,
  DeleteChange,
  Entry,
  EntryMeta,
  ErrorCode,
  Operation,
  Position,
  PutChange,
  Status,
  TxnOperation,
} from '@confer/shared';
export type {
  Client,
  ClientEvents,
  ClientOptions,
  CommitOptions,
  CommitResult,
  Extras,
  GetOptions,
  Listing,
  ListOptions,
  Mirror,
  MirrorChange,
  MirrorEvents,
  MirrorReady,
  MirrorReadyOptions,
  MirrorSnapshot,
  ReadOptions,
  RemoveOptions,
  SetOptions,
  TxnOptions,
  WaitOptions,
  Watch,
  WatchOptions,
  WriteOptions,
} from './api.ts';
export type {
  ConnectionDiagnostics,
  Diagnostics,
  RequestsDiagnostics,
  WatchDiagnostics,
} from './diagnostics.ts';
export {
  type ClientErrorCode,
  CompactedError,
  ConferError,
  ConflictError,
  TimeoutError,
} from './errors.ts';
export type { KeptState, OpenSnapshots, SnapshotStore, ToKeep } from './local-api.ts';
export type { OpenSocket, Socket, SocketHandlers } from './sockets/socket.ts';
export type {
  ClientStatus,
  LostEvent,
  MirrorStatus,
  MirrorStatusChange,
  RetryOutlook,
} from './status.ts';
export type {
  TxnDeleteResult,
  TxnGetResult,
  TxnListResult,
  TxnOperations,
  TxnOutcome,
  TxnPutResult,
  TxnResultOf,
  TxnResultsOf,
} from './txn-api.ts';
