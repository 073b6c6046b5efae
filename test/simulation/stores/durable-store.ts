import type { Clock } from '@confer/shared';
import type { Engine } from '../../../server/src/engine/engine.ts';
import { requestsWith } from '../../../server/src/engine/lmdb/idempotency-window.ts';
import { LmdbEngine } from '../../../server/src/engine/lmdb/lmdb-engine.ts';
import { metaOf, putMeta } from '../../../server/src/engine/lmdb/meta.ts';
import { progressOf, timelinesAfter } from '../../../server/src/engine/lmdb/recovery.ts';
import type { Storage } from '../../../server/src/engine/lmdb/storage.ts';
import { FORMAT } from '../../../server/src/engine/lmdb/tables.ts';
import { openLog } from '../../../server/src/engine/lmdb/wal/open-log.ts';
import { replay } from '../../../server/src/engine/lmdb/wal/replay.ts';
import { Slices } from '../../../server/src/engine/lmdb/wal/slices.ts';
import { UNMEASURED } from '../../../server/src/measures.ts';
import { type DiskOptions, ModelDisk } from './model-disk.ts';
import { isNoRoom, ModelFile } from './model-file.ts';
import { ModelStorage } from './model-storage.ts';
import { type ModelTables, readTables } from './model-tables.ts';
import type { OpenOptions, SimulatedStore } from './simulated-store.ts';

const LOG: readonly [string, string] = ['wal-0', 'wal-1'];
/** Of the log: a record takes at least one. */
const PAGE_BYTES = 4_096;

/** What the LMDB engine keeps, on a model of a disk, with a write-ahead log or without. */
export class DurableStore implements SimulatedStore {
  readonly #disk: ModelDisk;
  /** Of the log; 0 where the engine works on LMDB's transactions themselves. */
  readonly #segmentPages: number;
  #storage: Storage | undefined;
  #engine: Engine | undefined;

  private constructor(disk: ModelDisk, segmentPages: number) {
    this.#disk = disk;
    this.#segmentPages = segmentPages;
  }

  static make(options: DiskOptions): DurableStore {
    return new DurableStore(new ModelDisk(options), options.random.pick([0, 4, 16, 100]));
  }

  async open({ clock, newId, tombstonesMax, defer }: OpenOptions): Promise<Engine> {
    const disk = this.#disk;
    disk.underWay = 0;
    this.#engine = undefined;
    const epoch = epochOf(disk, newId);
    const storage = await this.#openStorage(epoch, clock, defer);
    const progress = progressOf(storage.tables);
    const timeline = { id: newId(), from: progress.revision };
    const timelines = timelinesAfter(storage.tables, timeline);
    await storage.transaction((tables) => putMeta(tables, 'timelines', timelines));
    storage.show();
    const startedAt = clock.now();
    const engine = new LmdbEngine({
      storage,
      epoch,
      timelines,
      progress,
      clock,
      uptimeMs: () => clock.now() - startedAt,
      defer,
      tombstonesMax,
      measures: UNMEASURED,
      disk: () => Promise.reject(new Error('it is a model of a disk')),
      reserve: disk.options.faults.reserve(),
      problem: () => undefined,
      release: () => storage.close(),
      onNotice: () => {},
    });
    this.#storage = storage;
    this.#engine = engine;
    return engine;
  }

  get revision(): number {
    return this.#engine?.reads.revision ?? progressOf(this.#wholeTables()).revision;
  }

  get compactedRevision(): number {
    return this.#engine?.reads.compactedRevision ?? 0;
  }

  get isQuiet(): boolean {
    const isOpen = this.#engine !== undefined;
    return isOpen && this.#disk.underWay === 0 && this.#storage?.failure === undefined;
  }

  requestIdOf(revision: number): string | undefined {
    if (this.#storage === undefined) return undefined;
    return requestsWith(this.#storage.tables, revision).find(([, at]) => at === revision)?.[0];
  }

  requests(): ReadonlyMap<string, number> {
    const tables = this.#wholeTables();
    const found = new Map<string, number>();
    const all = { start: 0, end: Number.MAX_SAFE_INTEGER };
    for (const { key } of tables.requests.rows(all))
      for (const [id, revision] of requestsWith(tables, key)) found.set(id, revision);
    return found;
  }

  copy(): SimulatedStore {
    const tables = this.#whole().copy();
    const { revision } = progressOf(tables.tables);
    for (const name of ['identity', 'timelines', 'wal'] as const) tables.tables.meta.remove(name);
    // Nobody has a position of the new history from before the backup.
    putMeta(tables.tables, 'tombstoneFloor', revision);
    return new DurableStore(new ModelDisk(this.#disk.options, tables), this.#segmentPages);
  }

  twin(): SimulatedStore {
    return new DurableStore(this.#disk.twin(), this.#segmentPages);
  }

  async #openStorage(epoch: string, clock: Clock, defer: OpenOptions['defer']): Promise<Storage> {
    const base = new ModelStorage(this.#disk, clock);
    if (this.#segmentPages === 0) return base;
    const segmentBytes = this.#segmentPages * PAGE_BYTES;
    return openLog(base, {
      openFile: async (path) => new ModelFile(this.#disk, clock, path),
      isFull: isNoRoom,
      paths: LOG,
      store: epoch,
      check: () => undefined,
      segmentBytes,
      recordBytesMax: segmentBytes / 4,
      defer,
    });
  }

  /** The tables with what the log has. */
  #whole(): ModelTables {
    const tables = this.#disk.tables.copy();
    const [identity, wal] = [metaOf(tables.tables, 'identity'), metaOf(tables.tables, 'wal')];
    if (identity === undefined || wal === undefined || wal.isClosed) return tables;
    const segments = LOG.map((path) => ({
      path,
      content: this.#disk.files.get(path) ?? Buffer.alloc(0),
    }));
    const { rows } = replay(segments, identity.epoch, wal);
    new Slices(rows).write(tables.tables, Number.POSITIVE_INFINITY);
    return tables;
  }

  #wholeTables() {
    const whole = this.#whole();
    return readTables(() => whole);
  }
}

/** A store comes into being at one instant. */
function epochOf(disk: ModelDisk, newId: () => string): string {
  const identity = metaOf(disk.tables.tables, 'identity');
  if (identity !== undefined) return identity.epoch;
  const epoch = newId();
  const tables = disk.tables.copy();
  putMeta(tables.tables, 'identity', { format: FORMAT, epoch });
  disk.tables = tables;
  return epoch;
}
