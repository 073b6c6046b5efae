import { statfsSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { ProtocolError } from '@confer/shared';
import { StorageError } from '../storage-error.ts';

const MDB_MAP_FULL = -30792;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'MDB_MAP_FULL']);
const NOT_ALLOWED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', ...NO_ROOM]);

/** A disk with less left than this is full: what did not fit is larger than one page. */
const FULL_BELOW_BYTES = 16 * 1024 * 1024;

/** What a writer is told when its write could not be stored. Nothing of it was. */
export function writeFailure(error: unknown, directory: string): ProtocolError {
  const reason = reasonOf(error);
  return isFull(errorName(error), directory)
    ? new ProtocolError('storage_full', `there is no room to store this: ${reason}`)
    : new ProtocolError('unavailable', `the storage failed: ${reason}`);
}

/** A full disk takes the first part of a write and LMDB calls that EIO, like a disk that is broken. */
function isFull(name: string, directory: string): boolean {
  if (name !== 'EIO') return NO_ROOM.has(name);
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < FULL_BELOW_BYTES;
}

/** What the one who opens a directory is told. */
export function openFailure(error: unknown, directory: string): StorageError {
  if (error instanceof StorageError) return error;
  const name = errorName(error);
  return NOT_ALLOWED.has(name)
    ? unwritable(directory, error)
    : unreadable(directory, reasonOf(error), { cause: error });
}

export function unwritable(directory: string, cause: unknown): StorageError {
  const name = errorName(cause);
  const problem =
    name === 'EEXIST' || name === 'ENOTDIR'
      ? 'is not a directory'
      : `cannot be written to: ${name || reasonOf(cause)}`;
  return new StorageError('unwritable', `${directory} ${problem}`, { cause });
}

export function unreadable(directory: string, why: string, options?: ErrorOptions): StorageError {
  const message = `${directory} holds data that Confer cannot read: ${why}`;
  return new StorageError('unreadable', message, options);
}

/** The name of a system error, as Node names it; LMDB gives its number. Empty for other errors. */
function errorName(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  const { code } = error;
  if (code === MDB_MAP_FULL) return 'MDB_MAP_FULL';
  if (typeof code === 'number') return code > 0 ? getSystemErrorName(-code) : '';
  return typeof code === 'string' ? code : '';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
