import { fileURLToPath } from 'node:url';
import { type Client, type ClientOptions, connect } from '@confer/client';
import { EtcdProcess, etcdProblem } from '../../server/src/test-support/etcd-process.ts';
import { FaultProxy } from '../faults/proxy.ts';
import { memoryMiBOf } from '../faults/vitals.ts';
import { freePort, Program, serve } from '../support/process.ts';

const SERVER = fileURLToPath(new URL('../faults/server.js', import.meta.url));

/** Why no cluster can run here; `undefined` where one can. */
export const clusterProblem = etcdProblem();
if (clusterProblem !== undefined) console.info(`skipped, real clusters: ${clusterProblem}`);

/** A gateway as a real process, each of its ways to the members through a proxy of its own. */
export class GatewayProcess {
  readonly url: string;
  readonly port: number;
  readonly proxies: readonly FaultProxy[];
  #program: Program | undefined;

  readonly #heartbeatMs: number | undefined;

  /** `heartbeatMs`: other than the command has it. */
  constructor(port: number, proxies: readonly FaultProxy[], heartbeatMs?: number) {
    this.#heartbeatMs = heartbeatMs;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.proxies = proxies;
  }

  async start(withinMs?: number): Promise<void> {
    const members = this.proxies.map(({ url }) => url).join(',');
    if (this.#heartbeatMs !== undefined) {
      const endpoints = members.split(',');
      const options = {
        engine: 'etcd',
        endpoints,
        port: this.port,
        heartbeatMs: this.#heartbeatMs,
      };
      this.#program = new Program(SERVER, [JSON.stringify(options)]);
      await this.#program.saw(({ stdout }) => (stdout.includes('\n') ? true : undefined));
      return;
    }
    const { program } = await serve(['--engine', 'etcd', '--etcd', members], this.port, withinMs);
    this.#program = program;
  }

  get pid(): number | undefined {
    return this.#program?.child.pid;
  }

  get memoryMiB(): number {
    return this.#program === undefined ? 0 : memoryMiBOf(this.#program).resident;
  }

  get said(): string {
    return this.#program?.stderr ?? '';
  }

  signal(signal: NodeJS.Signals): void {
    this.#program?.child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    return (await this.#program?.kill(signal))?.code ?? null;
  }
}

/** Three members, some gateways, and whatever else a test starts; all of it ends with the test. */
export class Cluster {
  readonly members: readonly EtcdProcess[];
  readonly gateways: readonly GatewayProcess[];
  readonly #ends: (() => unknown)[] = [];

  private constructor(members: readonly EtcdProcess[], gateways: readonly GatewayProcess[]) {
    this.members = members;
    this.gateways = gateways;
  }

  static async start(gatewayCount: number, heartbeatMs?: number): Promise<Cluster> {
    const members = await EtcdProcess.cluster(3);
    const gateways: GatewayProcess[] = [];
    const cluster = new Cluster(members, gateways);
    try {
      for (let i = 0; i < gatewayCount; i++) gateways.push(await cluster.#gateway(heartbeatMs));
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

  /** A client in this process that is quick to come back; it tries the gateways in that order. */
  client(urls: readonly string[] = this.urls, options: ClientOptions = {}): Client {
    const client = connect([...urls], { retry: { initialMs: 5, maxMs: 100 }, ...options });
    this.#ends.push(() => client.close());
    return client;
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
    for (const { proxies } of this.gateways) for (const proxy of proxies) proxy.heal();
    for (const each of [...this.members, ...this.gateways]) each.signal('SIGCONT');
    await Promise.all(this.gateways.map((gateway) => gateway.kill()));
    await Promise.all(this.gateways.flatMap(({ proxies }) => proxies.map((each) => each.close())));
    await Promise.all(this.members.map((member) => member.remove()));
  }

  async #gateway(heartbeatMs: number | undefined): Promise<GatewayProcess> {
    const proxies = await Promise.all(this.members.map(({ port }) => FaultProxy.start(port)));
    const gateway = new GatewayProcess(await freePort(), proxies, heartbeatMs);
    await gateway.start();
    return gateway;
  }

  #at<Item>(items: readonly Item[], index: number): Item {
    const item = items[index % items.length];
    if (item === undefined) throw new Error('there is none');
    return item;
  }
}

export async function withCluster(
  gatewayCount: number,
  use: (cluster: Cluster) => Promise<void>,
  heartbeatMs?: number,
): Promise<void> {
  const cluster = await Cluster.start(gatewayCount, heartbeatMs);
  try {
    await use(cluster);
  } finally {
    await cluster.end();
  }
}
