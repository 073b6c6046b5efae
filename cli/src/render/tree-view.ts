import { type Instance, instancesIn } from '@confer/client/coordination';
import {
  childOf,
  comparePaths,
  type Data,
  type Entry,
  isWithin,
  pathProblem,
  readValue,
  relativeTo,
  subtreeProblem,
  unflatten,
} from '@confer/shared';
import type { State, Subtree } from '../follow/subtrees.ts';

/** A template asked for what is not there, or cannot be. */
export class ViewError extends Error {
  override readonly name = 'ViewError';
}

/** What templates see of a state: values, subtrees and names, by path. */
export class TreeView {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** The data at a path; `undefined` where it holds no value. A relative path begins where the only subtree does. */
  value(given: string): Data | undefined {
    const path = this.#pathOf(given, pathProblem);
    const [entry] = this.#below(path);
    return entry?.path === path ? shown(entry.value) : undefined;
  }

  /** All that is at and below a path, as nested maps; `undefined` where there is nothing. */
  tree(given: string): Data | undefined {
    const path = this.#pathOf(given, subtreeProblem);
    return unflatten(this.#below(path), path, shown);
  }

  /** The names right below a path, in the order of the tree. */
  names(given: string): readonly string[] {
    const path = this.#pathOf(given, subtreeProblem);
    const names = this.#below(path).flatMap((entry) =>
      entry.path === path ? [] : relativeTo(entry.path, path).split('/', 1),
    );
    return [...new Set(names)];
  }

  /** The instances of a service that can serve, by their ids. */
  instances(given: string): readonly Instance[] {
    const path = this.#pathOf(given, subtreeProblem);
    return instancesIn(path, this.#below(path));
  }

  #pathOf(given: string, problemOf: (path: string) => string | undefined): string {
    const path = given.startsWith('/') ? given : this.#absolute(given);
    const problem = problemOf(path);
    if (problem !== undefined) throw new ViewError(`${JSON.stringify(path)}: ${problem}`);
    return path;
  }

  #absolute(given: string): string {
    const [only, ...more] = this.#state.subtrees;
    if (only !== undefined && more.length === 0) return childOf(only.path, given);
    throw new ViewError(
      `${JSON.stringify(given)} is relative, and --from names several subtrees: begin it with "/"`,
    );
  }

  /** In the order of the tree a subtree is one unbroken run, whose beginning is found by halving. */
  #below(path: string): readonly Entry[] {
    const { entries } = this.#subtreeOf(path);
    let from = 0;
    let to = entries.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const entry = entries[middle];
      if (entry !== undefined && comparePaths(entry.path, path) < 0) from = middle + 1;
      else to = middle;
    }
    const rest = entries.slice(from);
    const end = rest.findIndex((entry) => !isWithin(entry.path, path));
    return end === -1 ? rest : rest.slice(0, end);
  }

  #subtreeOf(path: string): Subtree {
    const found = this.#state.subtrees.find((subtree) => isWithin(path, subtree.path));
    if (found !== undefined) return found;
    throw new ViewError(`${path} is in no subtree that is followed: add --from ${path}`);
  }
}

/** What a value is to a template. Of a number that would be printed in another way (`1.10`), its text. */
function shown(value: string): Data {
  const data = readValue(value);
  if (typeof data !== 'number' && typeof data !== 'bigint') return data;
  return String(data) === value && typeof data === 'number' ? data : value;
}
