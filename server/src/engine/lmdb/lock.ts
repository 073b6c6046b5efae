import { StorageError } from '../storage-error.ts';

/** What the lock needs of an LMDB environment. */
export interface LockEnvironment {
  readerList(): string;
  useReadTransaction(): { done(): void };
  close(): Promise<void>;
}

/** What this process has open. LMDB would let it open a directory twice. */
const ownDirectories = new Set<string>();

/**
 * Makes this engine the only one of a directory. Returns what lets go of it. Throws a `StorageError`.
 *
 * The lock is a reader of a small LMDB environment of its own. LMDB holds a kernel lock for each
 * process that has an environment open, and clears the list of readers when the first one opens it:
 * so a reader in the list is alive, whatever killed those before it, however often its process id
 * was used again, and also where it lives in another container.
 *
 * 1. A reader that is there already is another server: refuse.
 * 2. Become a reader.
 * 3. Look again. Two that started together now see each other, and both refuse: better none than
 *    two.
 */
export async function lockDirectory(
  directory: string,
  openEnvironment: () => LockEnvironment,
): Promise<() => Promise<void>> {
  if (ownDirectories.has(directory)) throw lockedBy(directory, process.pid);
  ownDirectories.add(directory);
  try {
    const environment = openEnvironment();
    try {
      const reader = becomeOnlyReader(environment, directory);
      return async () => {
        reader.done();
        await environment.close();
        ownDirectories.delete(directory);
      };
    } catch (error) {
      await environment.close();
      throw error;
    }
  } catch (error) {
    ownDirectories.delete(directory);
    throw error;
  }
}

function becomeOnlyReader(environment: LockEnvironment, directory: string): { done(): void } {
  const [earlier] = readersOf(environment);
  if (earlier !== undefined) throw lockedBy(directory, earlier);
  const reader = environment.useReadTransaction();
  const readers = readersOf(environment);
  if (readers.length === 1) return reader;
  reader.done();
  throw lockedBy(
    directory,
    readers.find((pid) => pid !== process.pid),
  );
}

/** The process ids of the live readers: the first column, under a line of titles. */
function readersOf(environment: LockEnvironment): number[] {
  return [...environment.readerList().matchAll(/^\s*(\d+)\s/gm)].map(([, pid]) => Number(pid));
}

function lockedBy(directory: string, pid: number | undefined): StorageError {
  const owner = pid === undefined ? 'another process' : `process ${pid}`;
  return new StorageError('locked', `${directory} is in use by ${owner}`);
}
