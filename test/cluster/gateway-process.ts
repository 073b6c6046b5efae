import { fileURLToPath } from 'node:url';
import type { FaultProxy } from '../faults/proxy.ts';
import { memoryMiBOf } from '../faults/vitals.ts';
import { Program, serve } from '../support/process.ts';

const SERVER = fileURLToPath(new URL('../faults/server.js', import.meta.url));

/** What a gateway has other than the command gives it. */
export interface GatewaySettings {
  readonly heartbeatMs?: number;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly auth?: 'on';
  readonly bootstrapTokenFile?: string;
}

/** A gateway as a real process, each of its ways to the members through a proxy of its own. */
export class GatewayProcess {
  readonly url: string;
  readonly port: number;
  readonly proxies: readonly FaultProxy[];
  readonly #settings: GatewaySettings;
  #program: Program | undefined;

  constructor(port: number, proxies: readonly FaultProxy[], settings: GatewaySettings = {}) {
    this.#settings = settings;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.proxies = proxies;
  }

  async start(withinMs?: number): Promise<void> {
    const endpoints = this.proxies.map(({ url }) => url);
    if (Object.keys(this.#settings).length === 0) {
      const args = ['--engine', 'etcd', '--etcd', endpoints.join(',')];
      this.#program = (await serve(args, this.port, withinMs)).program;
      return;
    }
    const options = { engine: 'etcd', endpoints, port: this.port, ...this.#settings };
    this.#program = new Program(SERVER, [JSON.stringify(options)]);
    await this.#program.saw(({ stdout, stderr, child }) => {
      if (child.exitCode !== null) throw new Error(`the gateway ended: ${stderr}`);
      return stdout.includes('\n') ? true : undefined;
    });
  }

  get pid(): number | undefined {
    return this.#program?.child.pid;
  }

  get isRunning(): boolean {
    const { exitCode = 0, signalCode = null } = this.#program?.child ?? {};
    return exitCode === null && signalCode === null;
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
