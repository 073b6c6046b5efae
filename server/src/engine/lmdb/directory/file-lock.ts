import { closeSync, fstatSync, openSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
import { misplaced } from './same-file.ts';

/** A file that nobody else can lock, in this process or another, until it is let go of or the process ends. */
export interface LockedFile {
  /** Why the file that is locked is no longer the one of that name, or `undefined`. */
  problem(): string | undefined;
  release(): void;
}

/**
 * Locks a file itself, so that the lock cannot be lost while what it protects is there: a lock file of
 * its own can be removed, and then there are two. Returns `undefined` where another has it.
 *
 * 1. Open the file, and lock what was opened.
 * 2. Look whether it is still the file of that name. Between the two steps somebody may have put another
 *    one in its place, and then that one is asked for.
 */
export function lockFile(path: string): LockedFile | undefined {
  for (;;) {
    const descriptor = openSync(path, 'r+');
    try {
      if (!tryLock(descriptor)) {
        closeSync(descriptor);
        return undefined;
      }
      const locked = lockedFile(path, descriptor);
      if (locked.problem() === undefined) return locked;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(descriptor);
  }
}

function lockedFile(path: string, descriptor: number): LockedFile {
  const own = fstatSync(descriptor);
  return {
    problem: () => misplaced(path, own),
    release: () => closeSync(descriptor),
  };
}
