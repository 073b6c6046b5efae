import { comparePaths, type Operation } from '@confer/shared';

/** What a path holds, and since which revision. */
export interface Held {
  readonly value: string;
  readonly modRevision: number;
}

export type State = ReadonlyMap<string, Held>;

interface Kept {
  readonly revision: number;
  readonly state: State;
  readonly note: string;
}

export interface ModelChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** A store as a plain Map for each revision that can still be read; what is asked of its past is looked up in these. */
export class PastModel {
  #kept: Kept[];

  constructor(revision: number) {
    this.#kept = [{ revision, state: new Map(), note: '' }];
  }

  get newest(): Kept {
    return this.#at(-1);
  }

  get oldest(): Kept {
    return this.#at(0);
  }

  /** Revisions that can be read. */
  get revisions(): number[] {
    return this.#kept.map(({ revision }) => revision);
  }

  /** Revisions of commits that are in history. */
  get commits(): number[] {
    return this.revisions.slice(1);
  }

  commit(operations: readonly Operation[], revision: number, note: string): void {
    const state = new Map(this.newest.state);
    for (const operation of operations) {
      const { path } = operation;
      if (operation.type === 'put')
        state.set(path, { value: operation.value, modRevision: revision });
      else if (operation.recursive !== true) state.delete(path);
      else for (const each of [...state.keys()]) if (isIn(each, path)) state.delete(each);
    }
    this.#kept.push({ revision, state, note });
  }

  compact(revision: number): void {
    this.#kept = this.#kept.filter((kept) => kept.revision >= revision);
  }

  stateAt(revision: number): State {
    return this.#of(revision).state;
  }

  noteOf(revision: number): string {
    return this.#of(revision).note;
  }

  /** What a commit did below a subtree, in the order of the tree. */
  changesOf(revision: number, subtree: string): ModelChange[] {
    const index = this.#kept.findIndex((kept) => kept.revision === revision);
    return this.difference(this.#at(index - 1).state, this.#at(index).state, subtree, true);
  }

  /** Where two states differ; `withRewrites`: also where the same value was written again. */
  difference(before: State, after: State, subtree: string, withRewrites = false): ModelChange[] {
    const paths = [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths);
    return paths.flatMap((path) => {
      const [held, holds] = [before.get(path), after.get(path)];
      const isSame = withRewrites
        ? held?.modRevision === holds?.modRevision
        : held?.value === holds?.value;
      return isSame || !isIn(path, subtree)
        ? []
        : [{ path, before: held?.value, after: holds?.value }];
    });
  }

  /** The revision of the newest change of a path. */
  lastChange(path: string): number {
    const last = this.commits.findLast((revision) =>
      this.changesOf(revision, path).some((one) => one.path === path),
    );
    return last ?? 0;
  }

  /** What it takes to take back what a commit did, and which of it overwrites something newer. */
  revert(revision: number, subtree: string) {
    const now = this.newest.state;
    const steps = this.changesOf(revision, subtree)
      .filter(({ path, before }) => now.get(path)?.value !== before)
      .map(({ path, before }) => ({ path, before: now.get(path)?.value, after: before }));
    const later = steps.filter(({ path }) => this.lastChange(path) !== revision);
    return { steps, later: later.map(({ path }) => path) };
  }

  #of(revision: number): Kept {
    const kept = this.#kept.find((each) => each.revision === revision);
    if (kept === undefined) throw new Error(`the model has no revision ${revision}`);
    return kept;
  }

  #at(index: number): Kept {
    const kept = this.#kept.at(index);
    if (kept === undefined) throw new Error('the model has no such state');
    return kept;
  }
}

/** Written anew, so that the model does not share a mistake with what it judges. */
function isIn(path: string, subtree: string): boolean {
  return subtree === '/' || path === subtree || path.startsWith(`${subtree}/`);
}
