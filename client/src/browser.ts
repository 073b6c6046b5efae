import type { Client, ClientOptions } from './api.ts';
import { createClient } from './client.ts';
import { systemPlatform } from './platform.ts';
import { openPlatformSocket } from './sockets/platform.ts';
import { watchWakes } from './wakes.ts';

/** Connects to the servers at `urls`. See the entry for Node; this one needs nothing of Node. */
export function connect(urls: string | readonly string[], options: ClientOptions = {}): Client {
  return createClient(urls, options, {
    ...systemPlatform(openPlatformSocket),
    watchWakes,
  });
}

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
} from '@confer/shared';
export type {
  Client,
  ClientEvents,
  ClientOptions,
  ClientStatus,
  CommitOptions,
  CommitResult,
  Listing,
  ListOptions,
  LostEvent,
  Mirror,
  MirrorChange,
  MirrorEvents,
  MirrorSnapshot,
  MirrorStatus,
  MirrorStatusChange,
  RemoveOptions,
  WaitOptions,
  Watch,
  WatchOptions,
  WriteOptions,
} from './api.ts';
export {
  type ClientErrorCode,
  CompactedError,
  ConferError,
  ConflictError,
  TimeoutError,
} from './errors.ts';
