import type { Repaired } from './engine/lmdb/repair.ts';
import type { Verified } from './engine/lmdb/verify.ts';
import { StartError } from './errors.ts';
import { systemRuntime } from './runtime.ts';

export type { Repaired, Verified };

/**
 * Looks through the data directory of a server that is stopped; changes nothing. Rejects with a
 * `StartError` where a server has it, or where there is none.
 */
export function verifyDirectory(directory: string): Promise<Verified> {
  return asStartError(async () => {
    const { verifyDirectory: verify } = await import('./engine/lmdb/verify.ts');
    return verify(directory);
  });
}

/** Salvages what can be read of a data directory into a new one. Rejects with a `StartError`. */
export function repairDirectory(
  directory: string,
  { into }: { readonly into: string },
): Promise<Repaired> {
  return asStartError(async () => {
    const { repairDirectory: repair } = await import('./engine/lmdb/repair.ts');
    return repair(directory, { into, newId: systemRuntime.newId });
  });
}

async function asStartError<Result>(run: () => Promise<Result>): Promise<Result> {
  const { StorageError } = await import('./engine/storage-error.ts');
  try {
    return await run();
  } catch (error) {
    if (error instanceof StorageError) throw new StartError('storage', error.message, error);
    throw error;
  }
}
