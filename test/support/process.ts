import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real process, with all that it said. */
export class Program {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #watchers = new Set<() => void>();

  constructor(
    script: string,
    args: readonly string[],
    options: {
      env?: Record<string, string>;
      /** What `ulimit` of a shell sets for it. */
      ulimit?: string;
    } = {},
  ) {
    // Nothing of the tester's own settings reaches the program.
    const env = { PATH: process.env.PATH ?? '', ...options.env };
    const command = [process.execPath, script, ...args];
    const { ulimit } = options;
    const shell = `ulimit ${ulimit} && exec "$@"`;
    this.child =
      ulimit === undefined
        ? spawn(process.execPath, [script, ...args], { stdio: 'pipe', env })
        : spawn('/bin/sh', ['-c', shell, 'sh', ...command], { stdio: 'pipe', env });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.finished = new Promise((resolve) => {
      this.child.on('close', (code) => {
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
        this.#look();
      });
    });
  }

  /** Resolves with the first answer of `find` to what was said so far. */
  async saw<T>(find: (program: Program) => T | undefined, withinMs = 15_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`not seen in ${withinMs} ms; it said:\n${this.stdout}\n${this.stderr}`));
      }, withinMs);
      const end = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const look = () => {
        try {
          const found = find(this);
          if (found === undefined) return;
          end();
          resolve(found);
        } catch (error) {
          end();
          reject(error);
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }
}

/** Starts the `confer` command. */
export function startConfer(
  args: readonly string[],
  options: { url?: string; env?: Record<string, string> } = {},
): Program {
  return new Program(CLI, args, {
    env: { ...(options.url !== undefined && { CONFER_URL: options.url }), ...options.env },
  });
}

/** Runs the `confer` command to its end. */
export async function confer(
  args: readonly string[],
  options: { url?: string; stdin?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<Finished> {
  const program = startConfer(args, options);
  program.child.stdin?.end(options.stdin ?? '');
  return program.finished;
}

/** A real server on a port of its own, or on `port`. */
export async function serve(
  args: readonly string[],
  at?: number,
  withinMs?: number,
): Promise<{ program: Program; url: string; port: number }> {
  // Asking for port 0 would take one that cannot be taken again while old connections linger.
  const port = at ?? (await freePort());
  const listen = ['--listen', `127.0.0.1:${port}`];
  // As a person reads it: what logs look like to programs is the concern of the tests of the log.
  const text = args.includes('--log-format') ? [] : ['--log-format', 'text'];
  const program = new Program(CLI, ['serve', ...listen, ...text, ...args]);
  const url = await program.saw(({ stdout, child }) => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${program.stderr}`);
    return /^(https?:\/\/\S+)\n/.exec(stdout)?.[1];
  }, withinMs);
  return { program, url, port };
}

/**
 * Not one that the system gives out: those are taken for outgoing connections, too, so one may be gone before its server
 * listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const isTaken = await once(probe, 'listening').then(
      () => false,
      () => true,
    );
    if (isTaken) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** A directory that is gone after `use`. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'confer-test-'));
  try {
    return await use(directory);
  } finally {
    // The helpers of a browser write into its profile for a moment after it has ended.
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
