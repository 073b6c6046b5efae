import type { EngineMeasures } from '../../measures.ts';
import type { EngineMaintenance } from '../engine.ts';
import { requireHappened, requireInWindow } from '../history-window.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../idempotency.ts';
import { timeAfter } from '../replica/commit-log.ts';
import { EtcdError } from './client/cluster.ts';
import type { Members } from './client/members.ts';
import type { GatewayReads } from './gateway-reads.ts';
import { textOf } from './keyspace/keyspace.ts';
import type { AssemblyContext } from './upstream/assemble.ts';
import type { Unreferenced } from './upstream/sidecars.ts';
import type { Upstream } from './upstream/upstream.ts';
import { NoSpace, type TxnSender } from './writing/txn-sender.ts';

export interface GatewayMaintenanceOptions {
  readonly state: AssemblyContext;
  readonly reads: GatewayReads;
  readonly members: Members;
  readonly sender: TxnSender;
  readonly upstream: Upstream;
  readonly compactsCluster: boolean;
  readonly measures: EngineMeasures;
  readonly onNotice: (notice: string) => void;
}

/** A client that goes on with a write for ten minutes may have begun somewhat before its record came here. */
const RECORD_AGE_MS = 2 * IDEMPOTENCY_WINDOW_MS;
/** Each takes a compare and an operation. */
const SWEPT_AT_ONCE = 100;
const CALL_TIMEOUT_MS = 10_000;
const TRIES_MAX = 5;

/** Compaction over all gateways: whoever writes it down first does it, and the others see it and follow. */
export class GatewayMaintenance implements EngineMaintenance {
  readonly #options: GatewayMaintenanceOptions;
  #refusalSaid = false;

  constructor(options: GatewayMaintenanceOptions) {
    this.#options = options;
  }

  get historyBytes(): number {
    return this.#options.state.replica.historyBytes;
  }

  timeAfter(revision: number): number | undefined {
    const { reads, state } = this.#options;
    requireInWindow(revision, reads);
    return timeAfter(state.replica.log, revision);
  }

  get historyCommits(): number {
    return this.#options.state.replica.log.length;
  }

  async compact(revision: number): Promise<void> {
    const { reads, measures } = this.#options;
    requireHappened(revision, reads);
    await measures.compaction(() => this.#compact(revision));
  }

  async #compact(revision: number): Promise<void> {
    const { reads, upstream } = this.#options;
    if (revision > reads.compactedRevision && (await this.#decide(revision)))
      await this.#compactCluster(revision);
    await upstream.compactTo(revision);
    await this.#sweep();
  }

  /** Whether this gateway is the one that does it. */
  async #decide(revision: number): Promise<boolean> {
    const { sender, state, members } = this.#options;
    const key = state.keyspace.compact;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { kvs } = await members.current.range({ key }, { timeoutMs: CALL_TIMEOUT_MS });
      const [known] = kvs;
      if (known !== undefined && Number(textOf(known.value)) >= revision) return false;
      const txn = {
        compare: [{ key, target: { modRevision: known?.modRevision ?? 0 } }],
        success: [{ requestPut: { key, value: Buffer.from(String(revision)) } }],
        failure: [],
      };
      try {
        const { response } = await sender.send(txn);
        if (response.succeeded) return true;
      } catch (error) {
        // Then it is needed most, and nobody has to know that it is done by this one.
        if (error instanceof NoSpace) return true;
        throw error;
      }
    }
    return false;
  }

  async #compactCluster(revision: number): Promise<void> {
    const { compactsCluster, members, onNotice } = this.#options;
    if (!compactsCluster) return;
    try {
      await members.current.compact(revision, { timeoutMs: CALL_TIMEOUT_MS });
    } catch (error) {
      // Somebody else compacted further.
      if (!(error instanceof EtcdError) || error.isCompacted) return;
      if (error.code !== 'permission_denied') throw error;
      if (!this.#refusalSaid)
        onNotice('this user may not compact etcd: history is shortened here, and grows there');
      this.#refusalSaid = true;
    }
  }

  /** Records of commits of which no entry is left, and no second try can come any more. */
  async #sweep(): Promise<void> {
    const { state } = this.#options;
    let some: Unreferenced[] = [];
    for (const record of [
      ...state.sidecars.unreferenced(state.replica.compactedRevision, RECORD_AGE_MS),
    ]) {
      some.push(record);
      if (some.length < SWEPT_AT_ONCE) continue;
      await this.#remove(some);
      some = [];
    }
    if (some.length > 0) await this.#remove(some);
  }

  /** Unless another gateway removed one of them meanwhile: then the rest waits for the next time. */
  async #remove(records: readonly Unreferenced[]): Promise<void> {
    const { sender, state } = this.#options;
    const keys = records.map(({ requestId }) => state.keyspace.recordOf(requestId));
    await sender.send({
      compare: records.map(({ revision }, i) => ({
        key: keys[i] ?? Buffer.alloc(0),
        target: { modRevision: revision },
      })),
      success: keys.map((key) => ({ requestDeleteRange: { key } })),
      failure: [],
    });
  }
}
