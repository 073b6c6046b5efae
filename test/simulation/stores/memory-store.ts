import type { Engine } from '../../../server/src/engine/engine.ts';
import { MemoryDisk } from '../../../server/src/engine/memory/disk.ts';
import { openMemoryEngine } from '../../../server/src/engine/memory/memory.ts';
import { copyOf, twinOf } from './disk-copy.ts';
import type { OpenOptions, SimulatedStore } from './simulated-store.ts';

/** What the memory engine keeps. */
export class MemoryStore implements SimulatedStore {
  readonly isQuiet = true;
  readonly #disk: MemoryDisk;

  constructor(disk = new MemoryDisk()) {
    this.#disk = disk;
  }

  open({ clock, newId, tombstonesMax }: OpenOptions): Engine {
    return openMemoryEngine({ clock, newId, disk: this.#disk, tombstonesMax });
  }

  get revision(): number {
    return this.#disk.revision;
  }

  get compactedRevision(): number {
    return this.#disk.compactedRevision;
  }

  requestIdOf(revision: number): string | undefined {
    return this.#disk.log.findLast(({ commit }) => commit.revision === revision)?.requestId;
  }

  requests(): ReadonlyMap<string, number> {
    return new Map([...this.#disk.outcomes].map(([id, { outcome }]) => [id, outcome.revision]));
  }

  copy(): SimulatedStore {
    return new MemoryStore(copyOf(this.#disk));
  }

  twin(): SimulatedStore {
    return new MemoryStore(twinOf(this.#disk));
  }
}
