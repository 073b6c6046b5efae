import type { ReloadableOptions } from '@confer/server';
import type { Resolved } from './resolved.ts';
import { contradictions, reloadableOptionsOf } from './server-options.ts';
import type { Setting } from './setting.ts';

/** What a reload needs of the server that runs. */
export interface Running {
  /** What the server began with. */
  readonly settings: Resolved;
  readonly read: () => Promise<Resolved>;
  /** What is wrong with them, beyond what can be told of them alone. */
  readonly check: (settings: Resolved) => Promise<readonly string[]>;
  /** Has the server go by them. Rejects where it cannot, and then nothing has changed. */
  readonly apply: (options: ReloadableOptions, settings: Resolved) => Promise<void>;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, string>>,
  ) => void;
}

/** Has a server that runs go by what its settings say now, as far as it can without a restart. */
export class Reload {
  readonly #running: Running;
  /** What it goes by, as far as that reloads. */
  #inForce: Resolved;
  #reloading: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(running: Running) {
    this.#running = running;
    this.#inForce = running.settings;
  }

  /** Whoever asks while one is under way gets another one after it. */
  async ask(): Promise<void> {
    this.#isAskedAgain = true;
    this.#reloading ??= this.#run().finally(() => {
      this.#reloading = undefined;
    });
    await this.#reloading;
  }

  async #run(): Promise<void> {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      await this.#once();
    }
  }

  /** What is wrong leaves all as it was: half of a change is a third state that nobody has ever tried. */
  async #once(): Promise<void> {
    const { settings: begun, read, apply, log } = this.#running;
    const next = await read();
    const waiting = next.changed(begun).filter(({ reloads }) => !reloads);
    const problems = await this.#problemsOf(next, waiting.length > 0);
    // safeguard: bad-settings-stay-out-of-force
    if (problems.length > 0) {
      for (const problem of problems) log('error', `the settings stay as they were: ${problem}`);
      return;
    }
    for (const warning of next.warnings) log('warn', warning);
    const changed = next.changed(this.#inForce).filter(({ reloads }) => reloads);
    try {
      await apply(reloadableOptionsOf(next), next);
    } catch (error) {
      log('error', `the settings stay as they were: ${reasonOf(error)}`);
      return;
    }
    this.#inForce = next;
    log('info', 'the settings were read again', { changed: namesOf(changed) });
    if (waiting.length > 0)
      log('warn', 'these settings have changed, and need a restart', {
        settings: namesOf(waiting),
      });
  }

  async #problemsOf(next: Resolved, isOfRestart: boolean): Promise<readonly string[]> {
    if (next.problems.length > 0) return next.problems;
    const found = contradictions(next);
    if (found.length > 0) return found;
    // What can be reloaded is looked at by the server that does so.
    return isOfRestart ? this.#running.check(next) : [];
  }
}

function namesOf(settings: readonly Setting<unknown>[]): string {
  return settings.map(({ name }) => name).join(',') || 'nothing';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
