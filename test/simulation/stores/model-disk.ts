import type { Clock } from '@confer/shared';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { DiskFaults } from './disk-faults.ts';
import { ModelTables } from './model-tables.ts';

export interface DiskOptions {
  readonly random: SeededRandom;
  readonly faults: DiskFaults;
  /** What is written takes up to this long; a process that is killed meanwhile does not go on. */
  readonly delayMaxMs: number;
}

/** What a machine has on its disk: LMDB's tables, and the files of a log. */
export class ModelDisk {
  readonly options: DiskOptions;
  /** What was committed last. Never changed, only replaced. */
  tables: ModelTables;
  readonly files: Map<string, Buffer>;
  /** Writes that began and have not ended. Those of a dead process never do. */
  underWay = 0;

  constructor(options: DiskOptions, tables = new ModelTables(), files = new Map<string, Buffer>()) {
    this.options = options;
    this.tables = tables;
    this.files = files;
  }

  twin(): ModelDisk {
    return new ModelDisk(this.options, this.tables, new Map(this.files));
  }

  /** Time passes, in which the process may be killed. */
  async work(clock: Clock): Promise<void> {
    const { random, delayMaxMs } = this.options;
    if (delayMaxMs === 0) return;
    await new Promise<void>((resolve) => clock.setTimer(random.int(0, delayMaxMs), resolve));
  }
}
