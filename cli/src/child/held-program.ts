import { type Context, notice } from '../context.ts';
import { type Child, type Environment, startChild } from './child.ts';

/** What `sh` and its programs get: all that this one has. */
export function inheritedBy({ terminal }: Context): Environment {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(terminal.env))
    if (value !== undefined) inherited[name] = value;
  return inherited;
}

export interface HeldProgramOptions {
  readonly command: readonly string[];
  readonly environment: Environment;
  /** From SIGTERM to SIGKILL, once it may not run any more. */
  readonly stopTimeoutMs: number;
}

/** A program that may run only as long as something is held. Signals are for it. */
export class HeldProgram {
  readonly #context: Context;
  readonly #stopTimeoutMs: number;
  readonly #child: Child;

  /** Throws as `startChild` does. */
  static async start(context: Context, options: HeldProgramOptions): Promise<HeldProgram> {
    const child = await startChild(options.command, options.environment);
    return new HeldProgram(context, child, options.stopTimeoutMs);
  }

  private constructor(context: Context, child: Child, stopTimeoutMs: number) {
    this.#context = context;
    this.#child = child;
    this.#stopTimeoutMs = stopTimeoutMs;
  }

  /** Its exit code, once it has ended. */
  get ended(): Promise<number> {
    return this.#child.ended;
  }

  pass(signal: NodeJS.Signals): void {
    // A terminal tells all that runs in it; told twice, many programs do not take their time any more.
    const isFromKeys = signal === 'SIGINT' || signal === 'SIGQUIT';
    if (!(isFromKeys && this.#context.terminal.stdin.isTty)) this.#child.kill(signal);
  }

  /** Runs to its end, or until the signal says that it may not any more; whether it came to that. */
  async until(
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly isStopped: boolean }> {
    let isStopped = false;
    const stop = () => {
      isStopped = true;
      void this.stop();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    const exitCode = await this.#child.ended;
    signal.removeEventListener('abort', stop);
    return { exitCode, isStopped };
  }

  /** Asks it to end, and ends it where it does not. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    const timer = this.#context.terminal.clock.setTimer(this.#stopTimeoutMs, () => {
      notice(this.#context, 'the program does not end; killing it');
      this.#child.kill('SIGKILL');
    });
    try {
      return await this.#child.ended;
    } finally {
      timer.cancel();
    }
  }
}
