import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { confer, type Program, startConfer } from '../support/process.ts';

/** A program that says what it was given and what it is told. */
export const CHILD = [
  process.execPath,
  fileURLToPath(new URL('./exec-child.mjs', import.meta.url)),
] as const;

/** Programs of `confer exec` for one test. */
export class Execs {
  readonly #running: Program[] = [];

  start(
    url: string,
    args: readonly string[],
    command: readonly string[] = CHILD,
    env: Record<string, string> = {},
  ): Program {
    const program = startConfer(['exec', ...args, '--', ...command], { url, env });
    this.#running.push(program);
    return program;
  }

  /** Ends all that run. */
  async end(): Promise<void> {
    await Promise.all(
      this.#running.splice(0).map(async (program) => {
        // Asked to, it starts nothing any more; killed, it would leave behind what it is about to start.
        program.child.kill('SIGTERM');
        await program.saw(({ child }) => {
          for (const pid of started(program)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
          return child.exitCode !== null || child.signalCode !== null || undefined;
        });
      }),
    );
  }
}

/** The process ids of those that have started so far. */
export function started({ stdout }: Program): number[] {
  return [...stdout.matchAll(/^(\d+) started/gm)].map(([, pid]) => Number(pid));
}

/** Resolves with the process id of the one that started as the `count`-th. */
export function startedAs(program: Program, count: number): Promise<number> {
  return program.saw((seen) => started(seen)[count - 1]);
}

export function said(program: Program, text: string | RegExp): Promise<true> {
  return program.saw(({ stdout, stderr }) => {
    const all = stdout + stderr;
    return (typeof text === 'string' ? all.includes(text) : text.test(all)) || undefined;
  });
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Writes a value by the command. */
export async function set(url: string, path: string, value: string): Promise<void> {
  const { code, stderr } = await confer(['set', path, '-'], { url, stdin: value });
  expect(code, stderr).toBe(0);
}
