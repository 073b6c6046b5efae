import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ETCDCTL = { env: { ...process.env, ETCDCTL_API: '3' }, stdio: 'pipe' } as const;

/** Why no etcd can run here; `undefined` where one can. */
export function etcdProblem(): string | undefined {
  try {
    execFileSync('etcd', ['--version'], { stdio: 'ignore' });
    execFileSync('etcdctl', ['version'], ETCDCTL);
    return undefined;
  } catch {
    return 'there is no etcd here: apt-get install etcd-server etcd-client, or the binaries of its releases in the PATH';
  }
}

/** A port that nobody has, and that the system gives to no outgoing connection before etcd listens. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    server.once('error', () => resolve(freePort()));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

export interface EtcdProcessOptions {
  readonly name: string;
  readonly directory: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** Where the others reach it, if that is not where it listens. */
  readonly advertisedPeerPort?: number;
  /** `name=url,…` of all members. */
  readonly initialCluster: string;
  readonly token: string;
  readonly more?: readonly string[];
  readonly protocol?: 'http' | 'https';
}

/** One etcd member as a real process on loopback. */
export class EtcdProcess {
  readonly url: string;
  readonly options: EtcdProcessOptions;
  #child: ChildProcess | undefined;
  /** The last lines that it said. */
  #said = '';

  constructor(options: EtcdProcessOptions) {
    this.options = options;
    this.url = `${options.protocol ?? 'http'}://127.0.0.1:${options.clientPort}`;
  }

  /** A cluster of one, on an empty directory. */
  static async alone(
    more: readonly string[] = [],
    protocol: 'http' | 'https' = 'http',
  ): Promise<EtcdProcess> {
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    const member = new EtcdProcess({
      name: 'm0',
      directory: mkdtempSync(join(tmpdir(), 'confer-etcd-')),
      clientPort,
      peerPort,
      initialCluster: `m0=http://127.0.0.1:${peerPort}`,
      token: `token-${clientPort}`,
      more,
      protocol,
    });
    member.start();
    await member.ready();
    return member;
  }

  /** A cluster of so many, each on an empty directory. */
  static async cluster(
    count: number,
    {
      more = [],
      peerPortOf = (port) => Promise.resolve(port),
    }: {
      readonly more?: readonly string[];
      /** Where the others are to reach the member that listens there. */
      readonly peerPortOf?: (port: number) => Promise<number>;
    } = {},
  ): Promise<EtcdProcess[]> {
    const ports = await Promise.all(Array.from({ length: 2 * count }, () => freePort()));
    const peers = ports.slice(count);
    const advertised = await Promise.all(peers.map(peerPortOf));
    const initialCluster = advertised.map((port, i) => `m${i}=http://127.0.0.1:${port}`).join(',');
    const members = peers.map(
      (peerPort, i) =>
        new EtcdProcess({
          name: `m${i}`,
          directory: mkdtempSync(join(tmpdir(), 'confer-etcd-')),
          clientPort: ports[i] ?? 0,
          peerPort,
          advertisedPeerPort: advertised[i] ?? peerPort,
          initialCluster,
          token: `token-${ports[0]}`,
          more,
        }),
    );
    for (const member of members) member.start();
    await Promise.all(members.map((member) => member.ready()));
    return members;
  }

  get port(): number {
    return this.options.clientPort;
  }

  start(): void {
    const { name, directory, peerPort, initialCluster, token, more = [] } = this.options;
    const { advertisedPeerPort = peerPort } = this.options;
    const peer = `http://127.0.0.1:${peerPort}`;
    const advertised = `http://127.0.0.1:${advertisedPeerPort}`;
    this.#child = spawn(
      'etcd',
      [
        ...['--name', name, '--data-dir', directory],
        ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', advertised],
        ...['--initial-cluster', initialCluster, '--initial-cluster-token', token],
        ...['--initial-cluster-state', 'new', '--log-level', 'error'],
        ...more,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ETCD_UNSUPPORTED_ARCH: 'arm64' },
      },
    );
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-2_000);
    });
  }

  /** Resolves when it answers. */
  async ready(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (await this.isHealthy()) return;
      if (this.#child?.exitCode !== null && this.#child !== undefined)
        throw new Error(`etcd ended: ${this.#said}`);
      await new Promise((resume) => setTimeout(resume, 50));
    }
    throw new Error(`etcd does not answer: ${this.#said}`);
  }

  async isHealthy(): Promise<boolean> {
    // Who shows no certificate is not answered there: that it listens has to do.
    if (this.options.protocol === 'https') return isListening(this.port);
    try {
      const response = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(1_000) });
      return JSON.stringify(await response.json()).includes('true');
    } catch {
      return false;
    }
  }

  /** Ends it as a crash does, or by another signal, and resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await gone;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  get isRunning(): boolean {
    const { exitCode = 0, signalCode = null } = this.#child ?? {};
    return exitCode === null && signalCode === null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Its id, as members name each other, and whether it is the leader. */
  look(): { readonly id: string; readonly peerPort: number; readonly isLeader: boolean } {
    const [, id = '', , , isLeader] = this.ctl('endpoint', 'status').split(', ');
    return { id, peerPort: this.options.peerPort, isLeader: isLeader === 'true' };
  }

  /** A call of etcd's JSON gateway, for what Confer itself does not ask. */
  async post(path: string, body: object): Promise<string> {
    const response = await fetch(`${this.url}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return response.text();
  }

  /** Writes a backup of everything into a file. */
  backUp(file: string): void {
    execFileSync('etcdctl', ['--endpoints', this.url, 'snapshot', 'save', file], ETCDCTL);
  }

  /** Replaces all data of a stopped member, the only one of its cluster, by those of a backup. */
  restore(file: string, token = this.options.token): void {
    const {
      name,
      directory,
      peerPort,
      advertisedPeerPort = peerPort,
      initialCluster,
    } = this.options;
    rmSync(directory, { recursive: true, force: true });
    const peer = `http://127.0.0.1:${advertisedPeerPort}`;
    const cluster = ['--initial-cluster', initialCluster, '--initial-cluster-token', token];
    const more = ['--initial-advertise-peer-urls', peer, '--data-dir', directory];
    execFileSync(
      'etcdctl',
      ['snapshot', 'restore', file, '--name', name, ...cluster, ...more],
      ETCDCTL,
    );
  }

  /** A command of etcd's own tool. */
  ctl(...args: readonly string[]): string {
    return execFileSync('etcdctl', ['--endpoints', this.url, ...args], {
      ...ETCDCTL,
      encoding: 'utf8',
    });
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.options.directory, { recursive: true, force: true });
  }
}
