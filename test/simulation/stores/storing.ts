import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { DiskFaults } from './disk-faults.ts';
import { DurableStore } from './durable-store.ts';
import { EtcdStore } from './etcd-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { EngineName, SimulatedStore } from './simulated-store.ts';

interface Storing {
  readonly newStore: (clock: VirtualClock) => SimulatedStore;
  readonly faults?: DiskFaults;
  /** A write to a store that has no disk of its own waits up to this long. */
  readonly diskMaxMs: number;
}

/** Where a server of a simulation keeps its data: on a model of a disk, or of a cluster, where there is randomness for it. */
export function storing(engine: EngineName, random: SeededRandom, diskMaxMs: number): Storing {
  if (engine === 'memory') return { newStore: () => new MemoryStore(), diskMaxMs };
  if (engine === 'etcd')
    return { newStore: (clock) => EtcdStore.make({ clock, random: random.fork() }), diskMaxMs: 0 };
  const faults = new DiskFaults(random.fork());
  const options = { random: random.fork(), faults, delayMaxMs: diskMaxMs };
  return { newStore: () => DurableStore.make(options), faults, diskMaxMs: 0 };
}
