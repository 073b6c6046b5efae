import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Peer } from './peer.ts';

/** One core is the server's, and the other one the load's. */
const SERVER_CORE = '0';
const START_TIMEOUT_MS = 30_000;
const LOOK_MS = 20;
const COMPLAINTS_LENGTH_MAX = 2_000;
/** Where Debian puts daemons, beside what PATH names. */
const MORE_PLACES = ['/usr/sbin', '/usr/local/bin'];

export function isInstalled({ program }: Peer): boolean {
  return findProgram(program) !== undefined;
}

export function findProgram(program: string): string | undefined {
  if (program.startsWith('/')) return isProgram(program) ? program : undefined;
  return [...(process.env.PATH ?? '').split(delimiter), ...MORE_PLACES]
    .map((place) => join(place, program))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A real server on a port and in a directory of its own, alone on its core. */
export class Server {
  readonly port: number;
  readonly pid: number;
  /** The end of what it wrote to stderr. */
  #said = '';
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, pid: number, port: number, directory: string) {
    this.#child = child;
    this.pid = pid;
    this.port = port;
    this.#directory = directory;
    process.once('exit', this.#end);
  }

  static async start(peer: Peer): Promise<Server> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), `confer-bench-${peer.name}-`));
    const data = join(directory, 'data');
    mkdirSync(data, { mode: 0o700 });
    const { args } = peer.command(port, data);
    const program = findProgram(peer.program) ?? peer.program;
    const child = spawn('taskset', ['-c', SERVER_CORE, program, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await once(child, 'spawn');
    const server = new Server(child, child.pid ?? 0, port, directory);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      server.#said = (server.#said + text).slice(-COMPLAINTS_LENGTH_MAX);
    });
    await server.#listening(peer.name);
    return server;
  }

  get complaint(): string {
    return this.#said === '' ? '' : `\nthe server said:\n${this.#said}`;
  }

  async stop(): Promise<void> {
    process.off('exit', this.#end);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** However the bench ends, no server outlives it. */
  readonly #end = () => {
    this.#child.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  };

  async #listening(name: string): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await answers(this.port))) {
      if (this.#child.exitCode !== null)
        throw new Error(`${name} ended instead of starting:\n${this.#said}`);
      if (performance.now() > deadline) throw new Error(`${name} did not start`);
      await new Promise((next) => setTimeout(next, LOOK_MS));
    }
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ port, host: '127.0.0.1' });
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
