import { closeSync, fstatSync, openSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
import { misplaced } from './same-file.ts';

/** A file that nobody else can lock, in this process or another, until it is let go of or the process ends. */
export interface LockedFile {
  /** Why the file that is locked is no longer the one of that name, or `undefined`. */
  problem(): string | undefined;
  /** Why it has less than when somebody asked last, though nobody makes it shorter while it is in use. */
  cutOff(): string | undefined;
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
    const { descriptor, isReadOnly } = opened(path);
    try {
      if (!tryLock(descriptor, { shared: isReadOnly })) {
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

/** On a disk that takes no writes a lock keeps away who may write by another way, and not who only reads, too. */
function opened(path: string): { readonly descriptor: number; readonly isReadOnly: boolean } {
  try {
    return { descriptor: openSync(path, 'r+'), isReadOnly: false };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EROFS')) throw error;
    return { descriptor: openSync(path, 'r'), isReadOnly: true };
  }
}

/** Locks a file that is open already, until it is closed; `false` where another has it. */
export function lockDescriptor(descriptor: number): boolean {
  return tryLock(descriptor);
}

function lockedFile(path: string, descriptor: number): LockedFile {
  const own = fstatSync(descriptor);
  let sizeBytes = own.size;
  return {
    problem: () => misplaced(path, own),
    cutOff() {
      const { size } = fstatSync(descriptor);
      if (size < sizeBytes) return `${path} was cut off while it was open`;
      sizeBytes = size;
      return undefined;
    },
    release: () => closeSync(descriptor),
  };
}
