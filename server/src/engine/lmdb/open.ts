import type { Clock } from '@confer/shared';
import { DELETIONS_MAX } from '../deletions-limit.ts';
import type { Engine } from '../engine.ts';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import { CommitLog } from './commit-log.ts';
import { openFailure } from './errors.ts';
import { LmdbEngine } from './lmdb-engine.ts';
import { type LmdbStorage, openLmdbStorage } from './lmdb-storage.ts';

export interface LmdbEngineOptions {
  /** Made when it is not there. One engine at a time has it, with everything in it. */
  readonly directory: string;
  /** Names the time of commits. */
  readonly clock: Clock;
  /** Names the epoch of a new history. */
  readonly newId: () => string;
  /** Deletes that are known beyond compaction. */
  readonly deletionsMax?: number;
}

/** The embedded, durable engine. Rejects with a `StorageError`. */
export async function openLmdbEngine({
  directory,
  clock,
  newId,
  deletionsMax = DELETIONS_MAX,
}: LmdbEngineOptions): Promise<Engine> {
  const storage = await openLmdbStorage(directory, newId);
  try {
    return engineOn(storage, clock, deletionsMax);
  } catch (error) {
    await storage.close();
    throw openFailure(error, directory);
  }
}

/** The engine over a storage that is open. */
export function engineOn(storage: LmdbStorage, clock: Clock, deletionsMax: number): Engine {
  const { epoch } = storage;
  const knownFrom = clock.now() - REQUEST_KEPT_MS;
  const log = new CommitLog(storage);
  return new LmdbEngine(storage, log, { clock, epoch, deletionsMax, knownFrom });
}
