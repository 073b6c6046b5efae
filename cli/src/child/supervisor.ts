import { type Context, notice } from '../context.ts';
import { type Child, type Environment, startChild } from './child.ts';
import type { EnvironmentSource } from './environment-source.ts';

export interface SupervisorOptions {
  readonly command: readonly string[];
  /** Sent to the program when its environment changes; without one it is started again. */
  readonly signal: NodeJS.Signals | undefined;
  /** From SIGTERM to SIGKILL. */
  readonly stopTimeoutMs: number;
}

/** A program, for as long as it is wanted: through every change of its environment until it ends by itself. */
export class Supervisor {
  readonly #context: Context;
  readonly #options: SupervisorOptions;
  #child: Child;
  #environment: Environment;
  /** Somebody asked the program to end. It may take its time, and is not started again. */
  #isEnding = false;

  /** Throws as `startChild` does. */
  static async start(
    context: Context,
    environment: Environment,
    options: SupervisorOptions,
  ): Promise<Supervisor> {
    const child = await startChild(options.command, environment);
    return new Supervisor(context, options, environment, child);
  }

  private constructor(
    context: Context,
    options: SupervisorOptions,
    environment: Environment,
    child: Child,
  ) {
    this.#context = context;
    this.#options = options;
    this.#environment = environment;
    this.#child = child;
  }

  /** Hands a signal on that came for the program. */
  pass(signal: NodeJS.Signals): void {
    const { isTty } = this.#context.terminal.stdin;
    const isFromKeys = signal === 'SIGINT' || signal === 'SIGQUIT';
    if (isFromKeys || signal === 'SIGTERM' || (signal === 'SIGHUP' && isTty)) this.#isEnding = true;
    // A terminal tells all that runs in it; told twice, many programs do not take their time any more.
    if (!(isFromKeys && isTty)) this.#child.kill(signal);
  }

  /** The exit code of the program that runs now. */
  get ended(): Promise<number> {
    return this.#child.ended;
  }

  /** Keeps the program up to date. Its exit code, once it has ended by itself or because it was asked to. */
  async keep(source: EnvironmentSource): Promise<number> {
    const { command, signal } = this.#options;
    for (;;) {
      const changed = source.changedFrom(this.#environment).then(() => undefined);
      const exitCode = await Promise.race([this.#child.ended, changed]);
      if (exitCode !== undefined) return exitCode;
      if (this.#isEnding) return this.#child.ended;
      if (signal !== undefined) {
        notice(this.#context, `values changed; sending ${signal}`);
        this.#environment = source.latest;
        this.#child.kill(signal);
        continue;
      }
      notice(this.#context, 'values changed; starting the program again');
      const stopped = await this.#stop();
      if (this.#isEnding) return stopped;
      this.#environment = source.latest;
      this.#child = await startChild(command, this.#environment);
      // A signal may have come while there was nobody to hand it on to.
      if (this.#isEnding) this.#child.kill('SIGTERM');
    }
  }

  /** Ends the program for good. Its exit code. */
  end(): Promise<number> {
    this.#isEnding = true;
    return this.#stop();
  }

  /** Asks the program to end, and ends it where it does not. */
  async #stop(): Promise<number> {
    const child = this.#child;
    child.kill('SIGTERM');
    const timer = this.#context.terminal.clock.setTimer(this.#options.stopTimeoutMs, () => {
      notice(this.#context, 'the program does not end; killing it');
      child.kill('SIGKILL');
    });
    try {
      return await child.ended;
    } finally {
      timer.cancel();
    }
  }
}
