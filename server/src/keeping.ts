import type { Repaired } from './engine/lmdb/repair.ts';
import type { Verified } from './engine/lmdb/verify.ts';
import { StartError } from './errors.ts';
import { systemRuntime } from './runtime.ts';

export type { Repaired, Verified };

/** For what takes long. */
export interface Patience {
  /** Ends the work, which rejects with its reason and leaves nothing. */
  readonly signal?: AbortSignal;
  /** Told now and then how many rows are done. */
  readonly onProgress?: (rows: number) => void;
}

/**
 * Looks through the data directory of a server that is stopped; changes nothing. Rejects with a
 * `StartError` where a server has it, or where there is none.
 */
export function verifyDirectory(directory: string, patience: Patience = {}): Promise<Verified> {
  return asStartError(patience, async () => {
    const { verifyDirectory: verify } = await import('./engine/lmdb/verify.ts');
    return verify(directory, pauseOf(patience));
  });
}

/** Salvages what can be read of a data directory into a new one. Rejects with a `StartError`. */
export function repairDirectory(
  directory: string,
  { into, ...patience }: Patience & { readonly into: string },
): Promise<Repaired> {
  return asStartError(patience, async () => {
    const { repairDirectory: repair } = await import('./engine/lmdb/repair.ts');
    const { newId, defer } = systemRuntime;
    return repair(directory, { into, newId, defer, pause: pauseOf(patience) });
  });
}

function pauseOf({ signal, onProgress }: Patience): (rows: number) => Promise<void> {
  return async (rows) => {
    // In a turn of its own, so that a signal is heard.
    await new Promise<void>((resume) => systemRuntime.defer(resume));
    signal?.throwIfAborted();
    onProgress?.(rows);
  };
}

async function asStartError<Result>(
  { signal }: Patience,
  run: () => Promise<Result>,
): Promise<Result> {
  const { StorageError } = await import('./engine/storage-error.ts');
  try {
    return await run();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StorageError) throw new StartError('storage', error.message, error);
    throw error;
  }
}
