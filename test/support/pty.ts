import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a program is installed. */
export function isInstalled(name: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** Whether there can be terminals: `script` of util-linux makes them. */
export const canMakeTerminals = isInstalled('script');

/** A command on a terminal of its own, typed into and read as by a person. */
export class Pty {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly #watchers = new Set<() => void>();

  constructor(command: string, env: Record<string, string>) {
    // In the place of the shell that starts it, which would end by a Ctrl-C of its own.
    this.child = spawn('script', ['-qfec', `exec ${command}`, '/dev/null'], {
      stdio: 'pipe',
      env: { PATH: process.env.PATH ?? '', TERM: 'dumb', LANG: 'C.UTF-8', ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const look of this.#watchers) look();
      });
    this.ended = new Promise((resolve) => {
      this.child.once('close', resolve);
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Resolves once `text` was printed, `after` an earlier length of the output. */
  async saw(text: string, after = 0, withinMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`${JSON.stringify(text)} not seen; it said:\n${this.output}`));
      }, withinMs);
      const look = () => {
        if (!this.output.includes(text, after)) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
