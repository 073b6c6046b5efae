import type { Timer } from '@confer/shared';
import { EtcdError } from '../../../../server/src/engine/etcd/client/cluster.ts';
import type { LeaseTtl, RequestOp } from '../../../../server/src/engine/etcd/client/messages.ts';
import type { History, Origin } from './history.ts';
import type { Leases, World } from './world.ts';

interface Held {
  readonly ttlS: number;
  dueAt: number;
  timer: Timer;
}

/** A cluster without a leader ends nothing, and looks again. */
const LOOK_MS = 500;

/** The leases of a cluster: its leader ends what nobody has kept alive. */
export class ModelLeases implements Leases {
  readonly #etcd: World;
  readonly #held = new Map<string, Held>();

  constructor(etcd: World) {
    this.#etcd = etcd;
  }

  /** What a transaction puts is looked at before anything of it is made. */
  requireFor(operations: readonly RequestOp[]): void {
    for (const id of leasesOf(operations)) if (!this.#held.has(id)) throw notFound();
  }

  grant(id: string, ttlS: number): void {
    if (this.#held.has(id))
      throw new EtcdError('failed_precondition', 'etcdserver: lease already exists');
    this.#held.set(id, { ttlS, dueAt: 0, timer: this.#wait(id, ttlS * 1_000) });
    this.keepAlive(id);
  }

  keepAlive(id: string): LeaseTtl {
    const held = this.#held.get(id);
    if (held === undefined) return { id, ttlS: 0 };
    held.timer.cancel();
    held.dueAt = this.#etcd.clock.elapsedMs + held.ttlS * 1_000;
    held.timer = this.#wait(id, held.ttlS * 1_000);
    return { id, ttlS: held.ttlS };
  }

  timeToLive(id: string): LeaseTtl {
    const held = this.#held.get(id);
    if (held === undefined) return { id, ttlS: -1 };
    return { id, ttlS: Math.ceil((held.dueAt - this.#etcd.clock.elapsedMs) / 1_000) };
  }

  /** All that goes with it goes at one revision. */
  end(history: History, id: string, origin: Origin): void {
    const held = this.#held.get(id);
    if (held === undefined) throw notFound();
    held.timer.cancel();
    this.#held.delete(id);
    history.endLease(id, origin);
  }

  #wait(id: string, afterMs: number): Timer {
    const { clock } = this.#etcd;
    return clock.setTimer(afterMs, () => {
      const held = this.#held.get(id);
      if (held === undefined) return;
      if (!this.#etcd.hasLeader) {
        held.timer = this.#wait(id, LOOK_MS);
        return;
      }
      const now = clock.now();
      const origin = { name: 'etcd', sentAt: now, madeAt: now };
      this.#etcd.propose((history) => this.end(history, id, origin));
    });
  }
}

/** Of what is put, on whatever level. */
function leasesOf(operations: readonly RequestOp[]): string[] {
  return operations.flatMap((operation) => {
    if ('requestPut' in operation) return operation.requestPut.lease ?? [];
    return 'requestTxn' in operation ? leasesOf(operation.requestTxn.success) : [];
  });
}

function notFound(): EtcdError {
  return new EtcdError('not_found', 'etcdserver: requested lease not found');
}
