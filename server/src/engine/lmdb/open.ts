import { existsSync } from 'node:fs';
import type { Clock } from '@confer/shared';
import { type EngineMeasures, UNMEASURED } from '../../measures.ts';
import type { Engine, Timeline } from '../engine.ts';
import type { RetentionLimits } from '../retention.ts';
import { StorageError } from '../storage-error.ts';
import { TOMBSTONES_MAX } from '../tombstones-limit.ts';
import { BackgroundLook } from './background-look.ts';
import type { Progress } from './commit-rows.ts';
import {
  isToBeMade,
  lostOf,
  requireKnown,
  requireReadable,
  UNFINISHED_RUNS_MAX,
} from './directory/contents.ts';
import { diskFigures } from './directory/disk-figures.ts';
import { DiskReserve } from './directory/disk-reserve.ts';
import { type LockedFile, lockDescriptor, lockFile } from './directory/file-lock.ts';
import { type Label, readLabel, writeLabel } from './directory/label.ts';
import { prepareDirectory, syncPath } from './directory/make-directory.ts';
import { makeStore } from './directory/make-store.ts';
import { makeReaderTable } from './directory/reader-table.ts';
import { StoreFiles } from './directory/store-files.ts';
import { isFull, isOfSystem, openFailure } from './errors.ts';
import { LmdbEngine } from './lmdb-engine.ts';
import { openLmdb } from './lmdb-storage.ts';
import { type Identity, metaOf, putMeta } from './meta.ts';
import { progressOf, timelinesAfter } from './recovery.ts';
import type { Storage } from './storage.ts';
import { FORMAT } from './tables.ts';
import { openLog } from './wal/open-log.ts';
import { RECORDS_A_SEGMENT_MIN, segmentBytesOn } from './wal/segment-bytes.ts';
import { SegmentFile } from './wal/segment-file.ts';

export interface LmdbEngineOptions {
  /** Made when it is not there. One engine at a time has it, with everything in it. */
  readonly directory: string;
  /** Names the time of commits. */
  readonly clock: Clock;
  /** Milliseconds that this process has run, whatever is done to the clock of the machine. */
  readonly uptimeMs: () => number;
  readonly random: () => number;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  /** The number of this process, for whoever finds the directory in use. */
  readonly pid: number;
  /** Names the epoch of a new history, and each timeline. */
  readonly newId: () => string;
  /** Deletes that are known beyond history. */
  readonly tombstonesMax?: number;
  /** Of the write-ahead log; by default what suits the disk. Small ones come to their end soon. */
  readonly segmentBytes?: number;
  /** Go on, on a new timeline, although the directory says that data are missing. */
  readonly acceptLoss?: boolean;
  /** Without it, history is kept until somebody asks for a compaction. */
  readonly retention?: RetentionLimits;
  readonly measures?: EngineMeasures;
  /** Told in one line what somebody should know of the data. */
  readonly onNotice?: (notice: string) => void;
}

/** What an engine has, beside its storage, until it is closed. */
interface EngineResources {
  readonly lock: LockedFile;
  readonly look: BackgroundLook | undefined;
  readonly epoch: string;
  readonly timeline: Timeline;
}

/** The embedded, durable engine. Rejects with a `StorageError`. */
export async function openLmdbEngine(options: LmdbEngineOptions): Promise<Engine> {
  try {
    return await new Opening(options).open();
  } catch (error) {
    throw openFailure(error, options.directory);
  }
}

/** The opening of a directory, from its lock to its first transaction. */
class Opening {
  readonly #options: LmdbEngineOptions;
  readonly #files: StoreFiles;
  readonly #reserve: DiskReserve;
  #unfinishedRuns = 1;
  #isLookedThrough = false;
  /** What the data lack, where that is to be borne. */
  #loss: string | undefined;
  readonly #logFiles: SegmentFile[] = [];

  constructor(options: LmdbEngineOptions) {
    this.#options = options;
    this.#files = new StoreFiles(prepareDirectory(options.directory));
    this.#reserve = new DiskReserve(this.#files, options.random);
  }

  async open(): Promise<Engine> {
    const { acceptLoss = false } = this.#options;
    if (isToBeMade(this.#files, readLabel(this.#files), acceptLoss)) await this.#make();
    const lock = this.#lock();
    try {
      this.#files.clearUnfinished();
      this.#look();
      const base = await this.#withRoom(() => this.#openTables());
      const storage = await this.#closeIfFails(base, () =>
        this.#withRoom(() => this.#openLog(base)),
      );
      return await this.#closeIfFails(storage, () => this.#begin(storage, lock));
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Another server that started at the same moment may be first, and clear away what is not finished. */
  async #make(): Promise<void> {
    try {
      await this.#withRoom(() => makeStore(this.#files, this.#options.newId()));
    } catch (error) {
      if (!existsSync(this.#files.data)) throw error;
    }
  }

  #lock(): LockedFile {
    const lock = lockFile(this.#files.data);
    if (lock !== undefined) return lock;
    const pid = readLabel(this.#files)?.pid;
    const owner = pid === undefined ? 'another process' : `another process (${pid} opened it last)`;
    throw new StorageError('locked', `${this.#files.directory} is in use by ${owner}`);
  }

  /** Counts this run before LMDB sees its file: damage may end the process right there, each time. */
  #look(): void {
    const label = readLabel(this.#files);
    this.#isLookedThrough = requireReadable(this.#files, label, this.#options.onNotice);
    if (label === undefined) return;
    this.#unfinishedRuns = this.#isLookedThrough ? 1 : label.unfinishedRuns + 1;
    this.#writeLabel({ ...label, unfinishedRuns: this.#unfinishedRuns });
  }

  async #openTables(): Promise<Storage> {
    makeReaderTable(this.#files);
    // A meta page that the process before could not write for sure must not come back once its pages are
    // used again: what is read of the file now is what the disk has, too.
    syncPath(this.#files.data);
    return openLmdb(this.#files.directory, (identity) => requireKnown(this.#files, identity));
  }

  async #openLog(base: Storage): Promise<Storage> {
    const { directory, log } = this.#files;
    const { defer } = this.#options;
    const { epoch } = identityOf(base, this.#files);
    const { segmentBytes = segmentBytesOn(directory) } = this.#options;
    const recordBytesMax = segmentBytes / RECORDS_A_SEGMENT_MIN;
    const storage = await openLog(base, {
      openFile: (path, make) => this.#openLogFile(path, make),
      isFull: (error) => isFull(error, directory),
      paths: log,
      store: epoch,
      check: () => this.#requireRight(base),
      segmentBytes,
      recordBytesMax,
      defer,
    });
    // The files of the log are there to be found after a power loss, before anything relies on them.
    syncPath(directory);
    return storage;
  }

  /** Refuses data that the directory knows to have been others. */
  #requireRight(base: Storage): void {
    const { epoch } = identityOf(base, this.#files);
    const timelines = metaOf(base.tables, 'timelines') ?? [];
    const said = { epoch, timelines, revision: progressOf(base.tables).revision };
    const { acceptLoss = false } = this.#options;
    this.#loss = lostOf(this.#files, readLabel(this.#files), said, acceptLoss);
  }

  /**
   * Begins a timeline. That is a transaction, and so puts all on the disk that it rests on: what the
   * process before wrote and could not sync counts from here on, and nothing of it is shown before.
   */
  async #begin(storage: Storage, lock: LockedFile): Promise<Engine> {
    const { newId, onNotice, tombstonesMax = TOMBSTONES_MAX } = this.#options;
    const { epoch } = identityOf(storage, this.#files);
    const progress = progressOf(storage.tables);
    const { revision } = progress;
    if (this.#loss !== undefined)
      onNotice?.(`${this.#loss}; a new timeline begins at revision ${revision}`);
    const timeline = { id: newId(), from: revision };
    const timelines = timelinesAfter(storage.tables, timeline);
    await this.#withRoom(async () => {
      await storage.transaction((tables) => putMeta(tables, 'timelines', timelines));
      storage.show();
      this.#label(epoch, timeline, revision, this.#unfinishedRuns);
    });
    this.#reserve.takeAll();
    const { clock, uptimeMs, defer } = this.#options;
    const look = this.#isLookedThrough ? undefined : new BackgroundLook(this.#files.data, clock);
    return new LmdbEngine({
      storage,
      epoch,
      timelines,
      progress,
      clock,
      uptimeMs,
      defer,
      tombstonesMax,
      reserve: this.#reserve,
      measures: this.#options.measures ?? UNMEASURED,
      disk: (freeBytes) => diskFigures(this.#files, freeBytes),
      problem: () => this.#misplaced(lock) ?? look?.problem,
      release: (last) => this.#release(storage, { lock, look, epoch, timeline }, last),
      retention: this.#options.retention,
      onNotice: this.#options.onNotice ?? (() => {}),
    });
  }

  async #release(
    storage: Storage,
    { lock, look, epoch, timeline }: EngineResources,
    { revision }: Progress,
  ): Promise<void> {
    look?.stop();
    const isDamaged = look?.problem !== undefined || lock.cutOff() !== undefined;
    // The next start is to look first.
    const unfinishedRuns = isDamaged ? UNFINISHED_RUNS_MAX : 0;
    try {
      // Nothing is written into what is damaged: what the tables lack, the log has.
      if (!isDamaged) await storage.close();
      // It says a little more than the one of the start.
      if (lock.problem() === undefined) this.#label(epoch, timeline, revision, unfinishedRuns);
    } catch (error) {
      // All that was acknowledged is in the log, and the label of the start says nothing wrong.
      if (!isOfSystem(error)) throw error;
    } finally {
      lock.release();
    }
  }

  async #openLogFile(path: string, make: boolean): Promise<SegmentFile> {
    const file = await SegmentFile.open(path, make);
    // Another one may write to it who had data.mdb before somebody put this one in its place.
    if (!lockDescriptor(file.descriptor)) {
      await file.close();
      throw new StorageError('locked', `${path} is in use by another process`);
    }
    this.#logFiles.push(file);
    return file;
  }

  /** Why what is written now would not be found by the next start. */
  #misplaced(lock: LockedFile): string | undefined {
    let problem = lock.problem() ?? lock.cutOff();
    for (const file of this.#logFiles) problem ??= file.problem();
    return problem;
  }

  #label(epoch: string, { id }: Timeline, revision: number, unfinishedRuns: number): void {
    const { pid } = this.#options;
    this.#writeLabel({ format: FORMAT, epoch, timeline: id, revision, pid, unfinishedRuns });
  }

  #writeLabel(label: Label): void {
    try {
      writeLabel(this.#files, label);
    } catch (error) {
      // The one that is there says less, and nothing wrong.
      if (!isFull(error, this.#files.directory)) throw error;
    }
  }

  /** On a full disk, a start has the room that was kept back. */
  async #withRoom<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (!isFull(error, this.#files.directory) || !this.#reserve.release()) throw error;
      return run();
    }
  }

  async #closeIfFails<Result>(storage: Storage, run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      await storage.close();
      throw error;
    }
  }
}

function identityOf(storage: Storage, files: StoreFiles): Identity {
  return requireKnown(files, metaOf(storage.tables, 'identity'));
}
