import { join } from 'node:path';
import type { Entry } from '@confer/shared';
import type { AuditHead } from './audit/events.ts';
import type { AuditFilter, AuditRecord } from './audit/read.ts';
import type { VerifiedAudit } from './audit/verify.ts';
import type { Repaired } from './engine/lmdb/repair.ts';
import type { Restored } from './engine/lmdb/restore.ts';
import type { Verified } from './engine/lmdb/verify.ts';
import { StartError } from './errors.ts';
import { systemRuntime } from './runtime.ts';

export type { AuditFilter, AuditHead, AuditRecord, Repaired, Restored, Verified, VerifiedAudit };

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

/** Entries that are as of one revision, each path once. */
export interface RestoreSource {
  readonly revision: number;
  readonly entries: AsyncIterable<readonly Entry[]>;
}

/**
 * Makes a store out of entries, in an empty directory. Rejects with a `StartError`, or with what `entries` rejects with;
 * then there is nothing of it.
 */
export function restoreDirectory(
  directory: string,
  { revision, entries, ...patience }: Patience & RestoreSource,
): Promise<Restored> {
  return asStartError(patience, async () => {
    const { restoreDirectory: restore } = await import('./engine/lmdb/restore.ts');
    const { newId, defer } = systemRuntime;
    return restore(directory, { revision, entries, newId, defer, pause: pauseOf(patience) });
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

/** Where the audit of a server lies that keeps its data in a directory. */
export function auditDirectoryOf(dataDirectory: string): string {
  return join(dataDirectory, 'audit');
}

/** Looks whether the audit in a directory is as it was written; a server may go on writing it. Rejects with a `StartError` where it cannot be read. */
export function verifyAudit(
  directory: string,
  heads: readonly AuditHead[] = [],
): Promise<VerifiedAudit> {
  return asReadable(directory, async () => {
    const { verifyFiles } = await import('./audit/verify.ts');
    const found = await verifyFiles(directory, heads);
    // A server may have been in the middle of the last line.
    return found.problem?.why === 'truncated' ? verifyFiles(directory, heads) : found;
  });
}

/**
 * The events of an audit that fit, oldest first; where `follow` is set, those to come, too, until the signal ends it,
 * which rejects with its reason. A server may be writing it.
 */
export async function* readAudit(
  directory: string,
  filter: AuditFilter,
  { signal, follow = false }: { readonly signal?: AbortSignal; readonly follow?: boolean } = {},
): AsyncGenerator<AuditRecord> {
  const { readRecords } = await import('./audit/read.ts');
  const records = readRecords(directory, filter, follow ? () => lookAgain(signal) : undefined);
  for (;;) {
    const { value, done } = await asReadable(directory, () => records.next());
    signal?.throwIfAborted();
    if (done === true) return;
    yield value;
  }
}

const FOLLOW_MS = 300;

function lookAgain(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resume, reject) => {
    const end = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = systemRuntime.clock.setTimer(FOLLOW_MS, () => {
      signal?.removeEventListener('abort', end);
      resume();
    });
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
  });
}

async function asReadable<Result>(directory: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new StartError(
      'storage',
      `the audit in ${directory} cannot be read: ${error.message}`,
      error,
    );
  }
}
