import { createServer, type Server } from '@confer/server';
import { run } from './program.ts';
import type { Terminal } from './terminal.ts';

/** What a command left behind. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly stdin?: Uint8Array | string;
  /** What a person at the terminal answers; without it there is no terminal. */
  readonly answer?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Told of all that the command has written so far, on either stream. */
  readonly onOutput?: (out: string, err: string) => void;
}

/** Runs a command line in this process. */
export async function confer(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const isTty = around.answer !== undefined;
  const terminal: Terminal = {
    stdout: {
      isTty,
      columns: 80,
      async write(text) {
        out += text;
        around.onOutput?.(out, err);
      },
    },
    stderr: {
      isTty,
      write(text) {
        err += text;
        around.onOutput?.(out, err);
      },
    },
    stdin: {
      isTty,
      read: async () => Buffer.from(around.stdin ?? ''),
      async ask(question) {
        err += question;
        return around.answer ?? '';
      },
    },
    clock: { now: () => 0, setTimer: () => ({ cancel: () => {} }) },
    env: around.env ?? {},
    command: 'confer',
    user: 'tester',
    onHangUp: () => {},
    signal: around.signal ?? new AbortController().signal,
  };
  const exitCode = await run(args, terminal);
  return { exitCode, out, err };
}

/** A server of its own for one test file. */
export function startServer(): Promise<Server> {
  return createServer({ engine: 'memory', port: 0, transport: 'ws' });
}
