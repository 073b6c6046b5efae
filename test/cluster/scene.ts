import { type Client, type ClientOptions, connect } from '@confer/client';
import { EtcdProcess, etcdProblem } from '../../server/src/test-support/etcd-process.ts';
import { FaultProxy } from '../faults/proxy.ts';
import { freePort } from '../support/process.ts';
import { GatewayProcess, type GatewaySettings } from './gateway-process.ts';
import { PeerNetwork } from './peer-network.ts';

/** Why no cluster can run here; `undefined` where one can. */
export const clusterProblem = etcdProblem();
if (clusterProblem !== undefined) console.info(`skipped, real clusters: ${clusterProblem}`);

export interface ClusterSettings extends GatewaySettings {
  readonly gateways: number;
  /** Three if nothing else is said. */
  readonly members?: number;
  /** More arguments of each member. */
  readonly etcd?: readonly string[];
  /** Members reach each other through proxies, so that one can be cut off from the others. */
  readonly cutsPeers?: boolean;
}

/** Three members, some gateways, and whatever else a test starts; all of it ends with the test. */
export class Cluster {
  readonly members: readonly EtcdProcess[];
  readonly gateways: GatewayProcess[] = [];
  /** The ways between members. */
  readonly peers: PeerNetwork;
  readonly #ends: (() => unknown)[] = [];

  private constructor(members: readonly EtcdProcess[], peers: PeerNetwork) {
    this.members = members;
    this.peers = peers;
  }

  static async start({
    gateways,
    members: count = 3,
    etcd = [],
    cutsPeers = false,
    ...settings
  }: ClusterSettings): Promise<Cluster> {
    const peers = new PeerNetwork();
    const members = await EtcdProcess.cluster(count, {
      more: etcd,
      ...(cutsPeers ? { peerPortOf: (port: number) => peers.wayTo(port) } : {}),
    });
    const cluster = new Cluster(members, peers);
    try {
      for (let i = 0; i < gateways; i++) await cluster.startGateway(settings);
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  get urls(): string[] {
    return this.gateways.map(({ url }) => url);
  }

  member(index: number): EtcdProcess {
    return this.#at(this.members, index);
  }

  gateway(index: number): GatewayProcess {
    return this.#at(this.gateways, index);
  }

  async startGateway(settings: GatewaySettings = {}): Promise<void> {
    const proxies = await Promise.all(this.members.map(({ port }) => FaultProxy.start(port)));
    const gateway = new GatewayProcess(await freePort(), proxies, settings);
    this.gateways.push(gateway);
    await gateway.start();
  }

  leader(): EtcdProcess {
    const leader = this.members.find((member) => member.look().isLeader);
    if (leader === undefined) throw new Error('there is no leader');
    return leader;
  }

  /** The index of the member that a gateway's watch is on: it is from there that what others write comes. */
  async followedBy(index: number, writer: Client): Promise<number> {
    const { url, proxies } = this.gateway(index);
    const carried = () => proxies.map(({ total }) => total.down);
    const before = carried();
    const { revision } = await writer.set('/followed', 'x'.repeat(100_000));
    const reader = this.client([url]);
    await reader.mirror('/followed').waitFor(revision);
    const grown = carried().map((bytes, i) => bytes - (before[i] ?? 0));
    return grown.indexOf(Math.max(...grown));
  }

  /** A client in this process that is quick to come back; it tries the gateways in that order. */
  client(urls: readonly string[] = this.urls, options: ClientOptions = {}): Client {
    const client = connect([...urls], { retry: { initialMs: 5, maxMs: 100 }, ...options });
    this.#ends.push(() => client.close());
    return client;
  }

  /** Ends what a test began and mends what it broke, so that the next one may have the same cluster. */
  async mend(): Promise<void> {
    await this.#endClients();
    this.#heal();
    for (const member of this.members) if (!member.isRunning) member.start();
    await Promise.all(this.members.map((member) => member.ready()));
    for (const gateway of this.gateways) if (!gateway.isRunning) await gateway.start();
  }

  async end(): Promise<void> {
    await this.#endClients();
    this.#heal();
    await Promise.all(this.gateways.map((gateway) => gateway.kill()));
    await Promise.all(this.gateways.flatMap(({ proxies }) => proxies.map((each) => each.close())));
    await Promise.all(this.members.map((member) => member.remove()));
    await this.peers.close();
  }

  async #endClients(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
  }

  #heal(): void {
    this.peers.heal();
    for (const { proxies } of this.gateways) for (const proxy of proxies) proxy.heal();
    for (const each of [...this.members, ...this.gateways]) each.signal('SIGCONT');
  }

  #at<Item>(items: readonly Item[], index: number): Item {
    const item = items[index % items.length];
    if (item === undefined) throw new Error('there is none');
    return item;
  }
}

export async function withCluster(
  settings: ClusterSettings,
  use: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = await Cluster.start(settings);
  try {
    await use(cluster);
  } finally {
    await cluster.end();
  }
}
