import type { Registration } from '@confer/client/coordination';
import { type Context, notice } from '../context.ts';
import { oneLine } from '../output/text.ts';
import { runCommand } from './command.ts';
import { inheritedBy } from './held-program.ts';

const REASON_LENGTH_MAX = 200;

/** Runs a command again and again, one at a time, and says of an instance whether it is healthy. */
export class HealthCheck {
  readonly #context: Context;
  readonly #registration: Registration;
  readonly #line: string;
  readonly #intervalMs: number;
  readonly #ending = new AbortController();
  #isHealthy: boolean | undefined;

  constructor(context: Context, registration: Registration, line: string, intervalMs: number) {
    this.#context = context;
    this.#registration = registration;
    this.#line = line;
    this.#intervalMs = intervalMs;
    void this.#run();
  }

  stop(): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const { clock } = this.#context.terminal;
    const environment = inheritedBy(this.#context);
    while (!signal.aborted) {
      const end = await runCommand(this.#line, { environment, clock, signal, isKept: true });
      if (signal.aborted) return;
      await this.#say(end.exitCode, end.said);
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(this.#intervalMs, resolve);
        signal.addEventListener(
          'abort',
          () => {
            timer.cancel();
            resolve();
          },
          { once: true },
        );
      });
    }
  }

  async #say(exitCode: number, said: string): Promise<void> {
    const isHealthy = exitCode === 0;
    if (isHealthy === this.#isHealthy) return;
    this.#isHealthy = isHealthy;
    const [firstLine = ''] = said.trim().split('\n');
    const reason = isHealthy
      ? ''
      : oneLine(`the check exits with ${exitCode} ${firstLine}`.trim(), REASON_LENGTH_MAX);
    notice(this.#context, isHealthy ? 'healthy' : `unhealthy: ${reason}`);
    // It is said again by itself where it was not heard; that it is over says the registration.
    await this.#registration
      .setHealthy(isHealthy, reason, { signal: this.#ending.signal })
      .catch(() => {});
  }
}
