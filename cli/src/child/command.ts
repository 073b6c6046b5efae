import { spawn } from 'node:child_process';
import type { Clock } from '@confer/shared';
import { exitCodeOfSignal, exitCodes } from '../failure.ts';
import type { Environment } from './child.ts';

export interface CommandOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether what it says is kept for whoever asks; else it goes to where errors go. */
  readonly isKept: boolean;
}

export interface CommandEnd {
  readonly exitCode: number;
  /** The beginning of what it said, where that is kept. */
  readonly said: string;
}

/** A check or a reload takes seconds; what takes longer hangs. */
const COMMAND_MS_MAX = 60_000;
/** What is asked to end has that long. */
const STOP_MS = 5_000;
const SAID_CHARACTERS_MAX = 4_000;
/** What it left running may hold its outputs open; nothing more of it is waited for. */
const REST_MS = 200;

/** Runs a command line of `sh` to its end, which is never later than after a minute. */
export async function runCommand(line: string, options: CommandOptions): Promise<CommandEnd> {
  const { environment, clock, signal, isKept } = options;
  // The second is where errors go.
  const child = spawn('sh', ['-c', line], {
    stdio: isKept ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    env: environment,
  });
  let said = '';
  const keep = (text: string) => {
    said = (said + text).slice(0, SAID_CHARACTERS_MAX);
  };
  for (const output of [child.stdout, child.stderr]) output?.setEncoding('utf8').on('data', keep);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, by) => resolve(code ?? exitCodeOfSignal(by ?? '')));
    child.once('error', (error) => {
      keep(error.message);
      resolve(exitCodes.noProgram);
    });
  });
  let timer = clock.setTimer(COMMAND_MS_MAX, () => {
    keep(`it took more than ${COMMAND_MS_MAX / 1_000} s`);
    child.kill('SIGKILL');
  });
  const stop = () => {
    child.kill('SIGTERM');
    timer.cancel();
    timer = clock.setTimer(STOP_MS, () => child.kill('SIGKILL'));
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const exitCode = await ended;
  timer.cancel();
  signal.removeEventListener('abort', stop);
  if (isKept) await Promise.race([closed, after(clock, REST_MS)]);
  for (const output of [child.stdout, child.stderr]) output?.destroy();
  return { exitCode, said };
}

function after(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve));
}
