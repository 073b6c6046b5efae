import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, newTokenText, type Server } from '@confer/server';
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
  readonly answer?: string | ((question: string) => Promise<string>);
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** In ms since the Unix epoch. */
  readonly now?: number;
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
      waitingBytes: 0,
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
        const { answer = '' } = around;
        return typeof answer === 'string' ? answer : answer(question);
      },
    },
    lend: (use) => use(),
    withScreen: () => Promise.reject(new Error('there is no terminal')),
    clock: { now: () => around.now ?? 0, setTimer: () => ({ cancel: () => {} }) },
    env: around.env ?? {},
    command: 'confer',
    user: 'tester',
    onHangUp: () => {},
    onCrash: () => {},
    supervise: (run) => around.signal?.addEventListener('abort', () => run('SIGINT')),
    signal: around.signal ?? new AbortController().signal,
  };
  const exitCode = await run(args, terminal);
  return { exitCode, out, err };
}

/** A server of its own for one test file. */
export function startServer(): Promise<Server> {
  return createServer({ engine: 'memory', port: 0, transport: 'ws' });
}

/** A server that asks everybody who they are, with an admin. */
export interface GuardedScene {
  readonly server: Server;
  /** For what the tests leave; gone after `close`. */
  readonly directory: string;
  /** Runs a command line as the one whose token is in a file; without one, as the admin. */
  run(args: readonly string[], around?: Surroundings & { readonly as?: string }): Promise<Ran>;
  close(): Promise<void>;
}

export async function startGuardedServer(): Promise<GuardedScene> {
  const directory = mkdtempSync(join(tmpdir(), 'confer-rights-'));
  const adminFile = join(directory, 'admin.token');
  writeFileSync(adminFile, newTokenText(), { mode: 0o600 });
  const server = await createServer({
    ...{ engine: 'memory', port: 0, transport: 'ws', auth: 'on', bootstrapTokenFile: adminFile },
  });
  return {
    server,
    directory,
    run: (args, { as = adminFile, ...around } = {}) =>
      confer([...args, '--token-file', as], {
        ...{ now: Date.now(), ...around },
        env: { CONFER_URL: server.url, ...around.env },
      }),
    async close() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
