import type { Condition, Operation } from '@confer/shared';
import type { CommitResult, WaitOptions, WriteOptions } from './api.ts';
import type { MirrorRegistry } from './mirror/mirror-registry.ts';
import type { Replica } from './mirror/replica.ts';
import type { Deadlines } from './requests/deadline.ts';
import type { Requests } from './requests/requests.ts';
import { count, object, text } from './validation/argument-types.ts';
import { checkArgument, checkOptions, checkWrite } from './validation/arguments.ts';

export interface WriteContext {
  readonly requests: Requests;
  readonly mirrors: MirrorRegistry;
  readonly timeouts: Deadlines;
  /** A fresh name for each write (S4). */
  readonly newId: () => string;
}

export interface Write extends WaitOptions {
  readonly operations: readonly Operation[];
  readonly conditions?: readonly Condition[] | undefined;
  readonly note?: string;
}

/** Writes, and returns when the mirrors of the client show it (W12). */
export async function commit(write: Write, context: WriteContext): Promise<CommitResult> {
  checkArgument('a commit', write, object);
  checkOptions(write, { note: text }, 'commit');
  const { operations, conditions, note } = write;
  const { requests, mirrors, timeouts, newId } = context;
  checkWrite(operations, conditions);
  const wait = timeouts.of(write);
  const requestId = newId();
  let behind: readonly Replica[] = [];
  const { reply, welcome } = await requests.ask(
    'committed',
    (id) => ({ type: 'commit', id, requestId, operations, conditions, note }),
    wait,
    () => {
      behind = mirrors.behind(operations);
    },
  );
  const { revision, puts, deletes } = reply;
  if (puts + deletes > 0)
    await Promise.all(behind.map((replica) => replica.show({ ...welcome, revision }, wait)));
  return { revision, puts, deletes };
}

/** A write to one path, but for what it writes. */
export function writeOf(path: string, allOptions: WriteOptions): Omit<Write, 'operations'> {
  checkOptions(allOptions, { ifRevision: count, note: text });
  const { ifRevision, ...options } = allOptions;
  return ifRevision === undefined
    ? options
    : { ...options, conditions: [{ path, modRevision: ifRevision }] };
}
