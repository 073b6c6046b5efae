import { fileURLToPath } from 'node:url';
import { type Client, type ClientOptions, connect } from '@confer/client';
import { EtcdProcess } from '../../server/src/test-support/etcd-process.ts';
import { freePort, Program, withDirectory } from '../support/process.ts';
import { Crowd } from './crowd.ts';
import { FaultProxy } from './proxy.ts';
import { memoryMiBOf } from './vitals.ts';

const SERVER = fileURLToPath(new URL('./server.js', import.meta.url));

/** The same tests with a server that is a gateway over etcd: `CONFER_TEST_ENGINE=etcd vitest run test/faults/...`. */
const ON_ETCD = process.env.CONFER_TEST_ENGINE === 'etcd';

export interface ServerSettings {
  readonly engine?: 'lmdb' | 'memory';
  readonly dataDirectory?: string;
  readonly transport?: 'uws' | 'ws';
  readonly heartbeatMs?: number;
  readonly connectionsMax?: number;
  readonly auth?: 'on';
  readonly bootstrapTokenFile?: string;
}

/** What a server says of itself. */
interface Look {
  readonly counters: Readonly<Record<string, number>>;
  /** The longest that its event loop served nobody, since the last look. */
  readonly pauseMsMax: number;
}

/** A real server in a process of its own, on LMDB if nothing else is said. */
export class RealServer {
  #looks = 0;
  readonly url: string;
  readonly port: number;
  program: Program;
  readonly #start: () => Program;

  constructor(port: number, start: () => Program) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#start = start;
    this.program = start();
  }

  async started(): Promise<void> {
    await this.program.saw(({ stdout, child }) => {
      if (child.exitCode !== null) throw new Error('the server ended');
      return stdout.includes('\n') ? true : undefined;
    });
  }

  async look(): Promise<Look> {
    this.#looks += 1;
    const index = this.#looks;
    this.program.write('look\n');
    return this.program.saw(({ stdout }) => {
      const lines = stdout.split('\n');
      const line = lines[index];
      return line === undefined || lines.length === index + 1 ? undefined : JSON.parse(line);
    });
  }

  /** Ends it with a signal, and has another one go on with its data at its port. */
  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.program.kill(signal);
    this.program = this.#start();
    this.#looks = 0;
    await this.started();
  }

  signal(signal: NodeJS.Signals): void {
    this.program.child.kill(signal);
  }

  /** What it holds in memory; `own` is that without the pages of its files, which are only a cache. */
  get memoryMiB(): { readonly resident: number; readonly own: number } {
    return memoryMiBOf(this.program);
  }
}

/** Everything that a test starts; it ends with the test. */
export class Scene {
  readonly #directory: string;
  readonly #programs: Program[] = [];
  readonly #ends: (() => unknown)[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  async server(settings: ServerSettings = {}, ulimit?: string): Promise<RealServer> {
    const port = await freePort();
    const kept = ON_ETCD
      ? { endpoints: [await this.#etcd()] }
      : { engine: 'lmdb', dataDirectory: this.#directory };
    const options = { ...kept, port, ...settings, ...(ON_ETCD ? { engine: 'etcd' } : {}) };
    const limits = ulimit === undefined ? {} : { ulimit };
    const server = new RealServer(port, () =>
      this.#keep(new Program(SERVER, [JSON.stringify(options)], limits)),
    );
    await server.started();
    return server;
  }

  /** One for all servers of a test. */
  async #etcd(): Promise<string> {
    const etcd = await EtcdProcess.alone();
    this.#ends.push(() => etcd.remove());
    return etcd.url;
  }

  async proxy(server: RealServer): Promise<FaultProxy> {
    const proxy = await FaultProxy.start(server.port);
    this.#ends.push(() => proxy.close());
    return proxy;
  }

  /** A client in this process that is quick to come back. */
  client(url: string, options: ClientOptions = {}): Client {
    const client = connect(url, { retry: { initialMs: 5, maxMs: 50 }, ...options });
    this.#ends.push(() => client.close());
    return client;
  }

  /** So many clients in a process of their own, each with a mirror of `/`, or of a path. */
  async crowd(
    url: string,
    clients: number,
    retry: ClientOptions['retry'] = {},
    path = '/',
  ): Promise<Crowd> {
    const crowd = new Crowd(url, { clients, retry, path });
    this.#keep(crowd.program);
    await crowd.program.saw(({ stdout }) => (stdout.includes('\n') ? true : undefined), 60_000);
    return crowd;
  }

  program(script: string, args: readonly string[]): Program {
    return this.#keep(new Program(script, args));
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    await Promise.all(this.#ends.map((end) => end()));
  }

  #keep(program: Program): Program {
    this.#programs.push(program);
    return program;
  }
}

export async function withScene(use: (scene: Scene) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const scene = new Scene(directory);
    try {
      await use(scene);
    } finally {
      await scene.end();
    }
  });
}

/** Looks again and again, until a deadline. */
export async function until(
  what: string,
  isMet: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isMet())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A figure for whoever reads the output; nothing is asserted about it. */
export function report(title: string, figures: Readonly<Record<string, unknown>>): void {
  console.info(`${title}: ${JSON.stringify(figures)}`);
}
