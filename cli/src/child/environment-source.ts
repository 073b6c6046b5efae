import { variablesOf } from '../config-data/environment.ts';
import type { Context } from '../context.ts';
import type { State, Subtrees } from '../follow/subtrees.ts';
import { oneLine } from '../output/text.ts';
import { type Environment, sizeProblem } from './child.ts';

/** The variables of a state, on top of others; of two subtrees with one name the later has it. */
export function environmentOf(state: State, inherited: Environment): Environment {
  const variables = state.subtrees.flatMap(({ path, entries }) => [...variablesOf(entries, path)]);
  return { ...inherited, ...Object.fromEntries(variables) };
}

/** Whether a program would see no difference. */
function isSame(a: Environment, b: Environment): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

export interface SourceOptions {
  readonly command: readonly string[];
  readonly inherited: Environment;
}

/** Follows subtrees as an environment that `command` can have: one that it cannot is said once, and passed over. */
export class EnvironmentSource {
  readonly #context: Context;
  readonly #subtrees: Subtrees;
  readonly #options: SourceOptions;
  #latest: Environment;
  #problem = '';
  #tell = () => {};

  constructor(context: Context, subtrees: Subtrees, first: Environment, options: SourceOptions) {
    this.#context = context;
    this.#subtrees = subtrees;
    this.#options = options;
    this.#latest = first;
  }

  /** The last one that is of use. */
  get latest(): Environment {
    return this.#latest;
  }

  /** Resolves once it is another one than `current`. One at a time may wait. */
  async changedFrom(current: Environment): Promise<void> {
    while (isSame(current, this.#latest))
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
  }

  /** Goes on until the subtrees are closed, and ends with the error that says so. */
  async follow(): Promise<never> {
    for (;;) await this.#judge(await this.#subtrees.next());
  }

  async #judge(state: State): Promise<void> {
    const { command, inherited } = this.#options;
    try {
      const next = environmentOf(state, inherited);
      const problem = await sizeProblem(command, next);
      if (problem !== undefined) throw problem;
      this.#latest = next;
      this.#problem = '';
      this.#tell();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem)
        this.#context.terminal.stderr.write(
          `warning: ${oneLine(problem)}; at revision ${state.revision} the environment stays as it was\n`,
        );
      this.#problem = problem;
    }
  }
}
