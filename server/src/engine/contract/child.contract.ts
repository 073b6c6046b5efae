import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const CHILD = fileURLToPath(new URL('../lmdb/child.mjs', import.meta.url));

/** `lmdb/child.mjs`, or another script, in a process of its own, on what `build` left in `dist`. */
export class Child {
  readonly lines: string[] = [];
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(task: string, directory: string, script = CHILD) {
    this.#process = spawn(process.execPath, [script, task, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('the child has no stdout');
    const reader = createInterface({ input: stdout });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.#wake();
    });
    this.ended = new Promise((resolve) => reader.once('close', resolve)).then(() => this.#wake());
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.ended;
  }

  /** Resolves once the child said `count` lines; rejects when it ends before that. */
  async said(count: number): Promise<void> {
    while (this.lines.length < count) {
      const line = new Promise<void>((resolve) => this.#waiting.push(resolve));
      const isOver = await Promise.race([line.then(() => false), this.ended.then(() => true)]);
      if (isOver && this.lines.length < count) throw new Error(`ended after ${this.lines}`);
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
