import { statfsSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { ProtocolError } from '@confer/shared';
import { StorageError } from '../storage-error.ts';
import { WriteFailure } from './storage.ts';

const MDB_MAP_FULL = -30792;
/** What Node calls EDQUOT, for which it has no name. */
const NAMELESS = 'Unknown system error -122';
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'MDB_MAP_FULL']);
const NOT_ALLOWED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', ...NO_ROOM]);

/** A disk with less left than this is full: what did not fit is larger than one page. */
const FULL_BELOW_BYTES = 16 * 1024 * 1024;

/**
 * Whether a write failed for want of room. A full disk takes the first part of a write, and LMDB calls
 * that EIO, like a disk that is broken.
 */
export function isFull(error: unknown, directory: string): boolean {
  if (error instanceof WriteFailure) return error.isFull;
  const name = errorName(error);
  if (name !== 'EIO') return NO_ROOM.has(name);
  return roomBytes(directory) < FULL_BELOW_BYTES;
}

/** What a file system still takes; without end where it does not say. */
export function roomBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** How large a file system is. */
export function diskBytes(directory: string): number {
  const { blocks, bsize } = statfsSync(directory);
  return blocks * bsize;
}

/** What the writers of a transaction that failed are told. */
export function failureOf(error: unknown): ProtocolError {
  if (!(error instanceof WriteFailure)) return refusalOf(error);
  // safeguard: unknown-outcome-is-no-refusal
  if (error.outcome === 'unknown')
    return new ProtocolError(
      'outcome_unknown',
      `the storage failed while it was writing: ${error.message}`,
    );
  return error.isFull
    ? new ProtocolError('storage_full', `there is no room to store this: ${error.message}`)
    : new ProtocolError('unavailable', `the storage failed: ${error.message}`);
}

/** What the writer of a request that was judged and not written is told. */
export function refusalOf(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  return new ProtocolError('unavailable', `the write could not be judged: ${reasonOf(error)}`);
}

/** What the one who opens a directory is told. */
export function openFailure(error: unknown, directory: string): StorageError {
  if (error instanceof StorageError) return error;
  if (error instanceof WriteFailure) return unwritable(directory, error);
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

/** Whether the system said it: a disk did not do what it was asked to. */
export function isOfSystem(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(errorName(error));
}

/** The name of a system error, as Node names it; LMDB gives its number. Empty for other errors. */
function errorName(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  const { code } = error;
  if (code === MDB_MAP_FULL) return 'MDB_MAP_FULL';
  const isNumber = typeof code === 'number';
  const name = isNumber && code > 0 ? getSystemErrorName(-code) : isNumber ? '' : String(code);
  return name === NAMELESS ? 'EDQUOT' : name;
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(`${NAMELESS}: ${NAMELESS}`, 'EDQUOT: disk quota exceeded');
}
