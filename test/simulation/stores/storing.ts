import type { SeededRandom } from '../../support/random.ts';
import { DiskFaults } from './disk-faults.ts';
import { DurableStore } from './durable-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { SimulatedStore } from './simulated-store.ts';

interface Storing {
  readonly newStore: () => SimulatedStore;
  readonly faults?: DiskFaults;
  /** A write to a store that has no disk of its own waits up to this long. */
  readonly diskMaxMs: number;
}

/** Where a server of a simulation keeps its data: on a model of a disk, where there is randomness for it. */
export function storing(random: SeededRandom | undefined, diskMaxMs: number): Storing {
  if (random === undefined) return { newStore: () => new MemoryStore(), diskMaxMs };
  const faults = new DiskFaults(random.fork());
  const options = { random: random.fork(), faults, delayMaxMs: diskMaxMs };
  return { newStore: () => DurableStore.make(options), faults, diskMaxMs: 0 };
}
