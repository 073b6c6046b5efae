import { spawn } from 'node:child_process';
import { exitCodeOfSignal, exitCodes, Failure } from '../failure.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string>>;

/** A program that runs. */
export interface Child {
  /** Its exit code, once it has ended: 128 and the number of the signal that ended it. */
  readonly ended: Promise<number>;
  /** Nothing happens where it has ended. */
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a program that has the terminal, or whatever else this process reads and writes, for itself.
 *
 * @throws {Failure} `command`: it is not there, or is no program. `too_large`: the system does not take so much.
 */
export function startChild(command: readonly string[], environment: Environment): Promise<Child> {
  const [name = '', ...args] = command;
  return new Promise((resolve, reject) => {
    // Of what is wrong with a program, Node throws some and tells some.
    const fail = (error: unknown) => reject(failureOf(name, environment, error));
    try {
      const child = spawn(name, args, { stdio: 'inherit', env: environment });
      const ended = new Promise<number>((end) => {
        child.once('exit', (code, signal) => end(code ?? exitCodeOfSignal(signal ?? '')));
      });
      child.on('error', fail);
      child.once('spawn', () => resolve({ ended, kill: (signal) => void child.kill(signal) }));
    } catch (error) {
      fail(error);
    }
  });
}

/** What may be too much; no system takes less. In bytes, of all that a program is given. */
const SURELY_FITS = 96 * 1024;

/**
 * Why a program cannot be started with an environment, before another one is stopped for it; `undefined` where it can.
 * Only the system knows, so it is tried with a program that does nothing.
 */
export async function sizeProblem(
  command: readonly string[],
  environment: Environment,
): Promise<Failure | undefined> {
  if (bytesOf(command) + bytesOf(Object.entries(environment).flat()) < SURELY_FITS)
    return undefined;
  try {
    const trial = await startChild(['sh', '-c', ':', ...command], environment);
    await trial.ended;
  } catch (error) {
    if (error instanceof Failure && error.code === 'too_large') return error;
  }
  return undefined;
}

function failureOf(name: string, environment: Environment, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'E2BIG') return tooLarge(name, environment);
  if (code === 'ENOENT')
    return new Failure(
      exitCodes.noProgram,
      'command',
      `${name} is not there`,
      'the program and its arguments stand behind "--", each as a word of its own; it is looked for in PATH',
    );
  const why = error instanceof Error ? error.message : String(error);
  return new Failure(exitCodes.notStarted, 'command', `${name} cannot be started: ${why}`);
}

function tooLarge(name: string, environment: Environment): Failure {
  const sizes = Object.entries(environment).map(([key, value]) => ({
    key,
    bytes: bytesOf([key, value]),
  }));
  const largest = sizes.sort((a, b) => b.bytes - a.bytes)[0];
  const whole = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  return new Failure(
    exitCodes.invalid,
    'too_large',
    `${name} cannot be started with ${whole} bytes of environment: the system takes less (E2BIG); ${largest?.key} alone has ${largest?.bytes}`,
    'Linux takes 128 KiB a variable and mostly 2 MiB in all; "confer render" writes larger values into files',
  );
}

/** As the system counts them: each with the NUL at its end. */
function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}
