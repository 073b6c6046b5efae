import type { Operation } from '@confer/shared';
import type { CommitOutcome, Engine, FeedEvent, WriteRequest } from '../engine/engine.ts';
import type { EtcdCluster } from '../engine/etcd/client/cluster.ts';
import { connectCluster } from '../engine/etcd/client/grpc-cluster.ts';
import { type EtcdEngineOptions, openEtcdEngine } from '../engine/etcd/etcd-engine.ts';
import { systemRuntime } from '../runtime.ts';
import type { EtcdProcess } from './etcd-process.ts';

export interface GatewayOptions extends Partial<EtcdEngineOptions> {
  readonly prefix: string;
  /** Does something to what is asked of the cluster, or to what it says. */
  readonly tamper?: (cluster: EtcdCluster) => EtcdCluster;
}

/** A gateway in this process, with what came out of its feed and what it said. */
export class Gateway {
  readonly engine: Engine;
  readonly events: FeedEvent[] = [];
  readonly notices: string[];
  static #requests = 0;

  private constructor(engine: Engine, notices: string[]) {
    this.engine = engine;
    this.notices = notices;
    engine.feed.consume((event) => this.events.push(event));
  }

  static async open(endpoints: readonly string[], options: GatewayOptions): Promise<Gateway> {
    const notices: string[] = [];
    const { tamper = (cluster) => cluster, ...more } = options;
    const engine = await openEtcdEngine({
      ...systemRuntime,
      cluster: tamper(connectCluster({ endpoints, defer: systemRuntime.defer })),
      onNotice: (notice) => notices.push(notice),
      ...more,
    });
    return new Gateway(engine, notices);
  }

  /** `path=value` of what is shown. */
  values(subtree = '/'): string[] {
    const { reads } = this.engine;
    return [...reads.scan({ subtree, at: reads.revision })].map((e) => `${e.path}=${e.value}`);
  }

  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  commit(operations: readonly Operation[], more: Partial<WriteRequest> = {}) {
    const requestId = `gateway-request-${Gateway.#requests++}`;
    const write = { operations, conditions: [], actor: 'ann', requestId, ...more };
    return this.engine.writes.commit(write);
  }

  put(path: string, value: string, more: Partial<WriteRequest> = {}): Promise<CommitOutcome> {
    return this.commit([{ type: 'put', path, value }], more);
  }

  remove(path: string): Promise<CommitOutcome> {
    return this.commit([{ type: 'delete', path, recursive: true }]);
  }

  /** Whether it shows a revision, within a time. */
  async shows(revision: number, withinMs = 10_000): Promise<boolean> {
    return await this.engine.reads.reach(revision, withinMs);
  }
}

/** The gateways of a test over one etcd: all on one prefix, which the next test does not have. */
export class Gateways {
  readonly #name: string;
  readonly #etcd: () => EtcdProcess;
  #tests = 0;
  #open: Gateway[] = [];

  constructor(name: string, etcd: () => EtcdProcess) {
    this.#name = name;
    this.#etcd = etcd;
  }

  get prefix(): string {
    return `/${this.#name}-${this.#tests}`;
  }

  async open(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
    const opened = await Gateway.open([this.#etcd().url], { prefix: this.prefix, ...options });
    this.#open.push(opened);
    return opened;
  }

  /** Ends the test. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ engine }) => engine.close()));
    this.#open = [];
    this.#tests++;
  }
}
