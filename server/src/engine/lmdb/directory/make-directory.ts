import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { unwritable } from '../errors.ts';

/** What it holds is for those who have rights there, and not for every user of the machine. */
const OWNER_ONLY = 0o700;

/** Makes sure that a directory is there and can be written to; returns its one true name. */
export function prepareDirectory(directory: string): string {
  try {
    makeDirectory(resolve(directory), OWNER_ONLY);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(directory);
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/**
 * Makes a directory and those above it that are missing. Not `recursive: true`, which never ends where
 * a parent exists but can hold nothing, as below /proc (Node 20). Those above have the mode that all have.
 */
function makeDirectory(directory: string, mode?: number): void {
  if (isDirectory(directory)) return;
  const parent = dirname(directory);
  makeDirectory(parent);
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    // Another server that starts at the same moment may have made it since the look.
    if (!isDirectory(directory)) throw error;
  }
  syncPath(parent);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Puts a file on the disk, or the names in a directory: a file that is synced is lost to a power loss
 * when the directory that names it is not (S1).
 */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
