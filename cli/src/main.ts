#!/usr/bin/env node
import { hostname, userInfo } from 'node:os';
import { basename, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { addAbortSignal } from 'node:stream';
import { limits } from '@confer/shared';
import { run } from './program.ts';
import type { Terminal } from './terminal.ts';

/** The edge of the process: the only file that touches it. */
const ended = new AbortController();
/** A terminal asks a whole group of processes, and pnpm passes on what it was asked: that is one request. */
const SAME_REQUEST_MS = 500;
let askedAt = 0;
/** How long the last words wait for a reader. */
const LAST_WORDS_MS = 1_000;
/** Somebody else decides when this process ends. */
let isSupervising = false;
/** It goes on, or ends in order, though nobody may read what it says any more. */
let isForNobody = false;
/** An editor, say, has the terminal: what is typed is for that, and so is Ctrl-C. */
let isLent = false;
/** Of a terminal that a command has taken: whoever ends the process past that command has to. */
let giveBack = () => {};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (isLent && signal === 'SIGINT') return;
    if (!ended.signal.aborted) {
      askedAt = Date.now();
      ended.abort(signal);
      // A clock that was set back in between must not keep anybody waiting.
    } else if (Math.abs(Date.now() - askedAt) > SAME_REQUEST_MS) endNow(signal);
  });

// A reader that has seen enough, such as `head`, is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    if (!isSupervising && !isForNobody)
      process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1);
  });

// lmdb-js prints each commit that fails, with a stack, before it says so; the log of the server says it once.
const print = console.error;
console.error = (...said: readonly unknown[]) => {
  const [error] = said;
  const isOfLmdb = error instanceof Error && 'code' in error && typeof error.code === 'number';
  if (!isOfLmdb) print(...said);
  // LMDB itself has begun a line about it.
  else if (error.message.includes('write page')) process.stderr.write('\n');
};

/**
 * Whoever asks twice is in a hurry. An exit would wait for the threads of the process, and one of LMDB's may
 * be waiting for this one, in the middle of a transaction: for ever. So the signal itself ends it.
 */
function endNow(signal: 'SIGINT' | 'SIGTERM'): void {
  giveBack();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** All that one process tells another by; those of a job (SIGTSTP, SIGCONT) stay with the system. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

function supervise(run: (signal: NodeJS.Signals) => void): void {
  isSupervising = true;
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, () => run(signal));
  }
}

const terminal: Terminal = {
  stdout: {
    isTty: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
    write: (data) => new Promise((resolve) => process.stdout.write(data, () => resolve())),
  },
  stderr: {
    isTty: process.stderr.isTTY === true,
    get waitingBytes() {
      return process.stderr.writableLength;
    },
    write: (text) => void process.stderr.write(text),
  },
  stdin: { isTty: process.stdin.isTTY === true, read: readStdin, ask },
  lend: async (use) => {
    isLent = true;
    try {
      return await use();
    } finally {
      isLent = false;
    }
  },
  withScreen: async (use) => {
    const { withScreen } = await import('./screen/screen-here.ts');
    return withScreen(process, use, (run) => {
      giveBack = run;
    });
  },
  clock: {
    now: () => Date.now(),
    setTimer: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
  },
  env: process.env,
  command: commandName(process.argv[1] ?? 'confer'),
  user: userName(),
  onHangUp,
  onCrash: (run) => void process.on('uncaughtExceptionMonitor', run),
  supervise,
  signal: ended.signal,
};

const exitCode = await run(process.argv.slice(2), terminal);
await lastWords();
process.exit(exitCode);

/** A pipe that is full takes what was said only as its reader reads. Nobody waits long for one that does not. */
async function lastWords(): Promise<void> {
  if (process.stderr.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, LAST_WORDS_MS);
    process.stderr.write('', () => resolve());
  });
}

function onHangUp(run: () => void): void {
  // Who started it by hand has it end with the window; a service manager gives it none.
  const hasTerminal = process.stdin.isTTY === true || process.stderr.isTTY === true;
  isForNobody = true;
  process.on('SIGHUP', () => {
    if (hasTerminal) ended.abort('SIGHUP');
    else run();
  });
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of addAbortSignal(ended.signal, process.stdin)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Without raw mode, so that Ctrl-C stays a signal. The end of the input is no answer. */
function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  process.stderr.write(question);
  return new Promise<string>((resolve) => {
    ended.signal.addEventListener('abort', () => lines.close());
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  }).finally(() => lines.close());
}

/** `confer` where it is installed, `node cli/dist/main.js` where it runs out of its repository. */
function commandName(script: string): string {
  const name = basename(script);
  return name.endsWith('.js') ? `node ${relative(process.cwd(), script)}` : name;
}

/** There is no name where the user id has no account, as in some containers. */
function userName(): string {
  try {
    return `${userInfo().username}@${hostname()}`.slice(0, limits.nameLengthMax);
  } catch {
    return hostname().slice(0, limits.nameLengthMax);
  }
}
