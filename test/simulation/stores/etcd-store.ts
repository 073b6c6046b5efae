import type { Engine } from '../../../server/src/engine/engine.ts';
import { openEtcdEngine } from '../../../server/src/engine/etcd/etcd-engine.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { PREFIX, Truth } from '../etcd/judges/truth.ts';
import { type ModelCluster, ModelEtcd } from '../etcd/model/model-etcd.ts';
import type { OpenOptions, SimulatedStore } from './simulated-store.ts';

interface EtcdStoreOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
}

/**
 * What a gateway serves from: a cluster that is well. Faults are those of the gateway and of its clients; what goes wrong
 * with etcd itself is the matter of `simulation/etcd`.
 */
export class EtcdStore implements SimulatedStore {
  readonly #options: EtcdStoreOptions;
  readonly #etcd: ModelEtcd;
  #cluster: ModelCluster | undefined;
  #engine: Engine | undefined;
  #opened = 0;

  private constructor(options: EtcdStoreOptions, etcd: ModelEtcd) {
    this.#options = options;
    this.#etcd = etcd;
  }

  static make(options: EtcdStoreOptions): EtcdStore {
    return new EtcdStore(options, modelOf(options));
  }

  async open({ clock, newId, tombstonesMax, defer }: OpenOptions): Promise<Engine> {
    this.kill();
    const cluster = this.#etcd.connect(`gateway${++this.#opened}`);
    this.#cluster = cluster;
    const { random } = this.#options;
    const more = { prefix: PREFIX, tombstonesMax, random: random.next };
    const engine = await openEtcdEngine({
      cluster,
      clock,
      uptimeMs: () => clock.now(),
      newId,
      defer,
      ...more,
    });
    if (this.#cluster === cluster) this.#engine = engine;
    return engine;
  }

  kill(): void {
    this.#cluster?.kill();
  }

  get revision(): number {
    return this.#engine?.reads.revision ?? this.#etcd.history.last.revision;
  }

  get compactedRevision(): number {
    return this.#engine?.reads.compactedRevision ?? 0;
  }

  get isQuiet(): boolean {
    return this.#etcd.history.last.revision <= this.revision;
  }

  requestIdOf(revision: number): string | undefined {
    return new Truth(this.#etcd.history).madeAt(revision)?.requestId;
  }

  requests(): ReadonlyMap<string, number> {
    const made = [...new Truth(this.#etcd.history).allMade()];
    return new Map(made.map(({ requestId, revision }) => [requestId, revision]));
  }

  copy(): SimulatedStore {
    const etcd = modelOf(this.#options);
    etcd.restore(this.#etcd.backUp(), { downMs: 0 });
    return new EtcdStore(this.#options, etcd);
  }

  /** Whoever puts a cluster back is noticed: it has an epoch of its own then. */
  twin(): SimulatedStore {
    return this.copy();
  }
}

function modelOf({ clock, random }: EtcdStoreOptions): ModelEtcd {
  const isProgressSound = random.chance(0.5);
  const version = isProgressSound ? '3.6.14' : '3.4.23';
  return new ModelEtcd({ clock, random: random.fork(), version, isProgressSound });
}
