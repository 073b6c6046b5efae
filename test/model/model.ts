import { type Commit, type Condition, comparePaths, type Operation } from '@confer/shared';

/** What the model says of a path: enough to know every field of its entry. */
export interface ModelEntry {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: string | undefined;
}

type Content = Pick<ModelEntry, 'value' | 'lease'>;

export type ModelState = ReadonlyMap<string, ModelEntry>;

/** Where a history left another one, whose beginning it has. */
export interface Fork {
  readonly history: string;
  readonly revision: number;
}

/** Everything that goes with a lease, and what stands for it, whatever that is by then. */
export interface EndOfLease {
  readonly type: 'end';
  readonly lease: string;
}

export interface ModelWrite {
  readonly operations: readonly (Operation | EndOfLease)[];
  readonly conditions?: readonly Condition[] | undefined;
  /** What a transaction does where a condition does not hold. */
  readonly otherwise?: readonly Operation[] | undefined;
}

/**
 * The service as a plain map and a counter, written as directly as the words of PROTOCOL.md, with
 * every past state kept. What real servers do is judged against it.
 */
export class Model {
  /** By revision. */
  readonly #states: ModelState[];
  /** Positions before it count in this history too. */
  readonly fork: Fork | undefined;

  constructor(states: readonly ModelState[] = [new Map()], fork?: Fork) {
    this.#states = [...states];
    this.fork = fork;
  }

  /** What a store shows that goes on from a copy of this one, made at a revision. */
  copyAt(revision: number, fork?: Fork): Model {
    return new Model(this.#states.slice(0, revision + 1), fork);
  }

  get revision(): number {
    return this.#states.length - 1;
  }

  /** The state at a revision. */
  at(revision: number): ModelState {
    const state = this.#states[revision];
    if (state === undefined) throw new Error(`the model has no revision ${revision}`);
    return state;
  }

  subtreeAt(revision: number, subtree: string): Map<string, ModelEntry> {
    return new Map([...this.at(revision)].filter(([path]) => isShownIn(path, subtree)));
  }

  /** Nothing changes up to a revision: what is shared with others has gaps. */
  idleUntil(revision: number): void {
    const state = this.at(this.revision);
    while (this.revision < revision) this.#states.push(state);
  }

  /** Whether a condition is so of the newest state. */
  holds(condition: Condition): boolean {
    const { path } = condition;
    if ('unchangedSince' in condition) {
      for (let at = condition.unchangedSince + 1; at <= this.revision; at++)
        if (this.changesAt(at, path).length > 0) return false;
      return true;
    }
    const held = this.at(this.revision).get(path);
    if ('exists' in condition) return (held !== undefined) === condition.exists;
    if ('value' in condition) return held?.value === condition.value;
    if ('lease' in condition) return held !== undefined && (held.lease ?? null) === condition.lease;
    if ('version' in condition) return (held?.version ?? 0) === condition.version;
    if ('createRevision' in condition)
      return (held?.createRevision ?? 0) === condition.createRevision;
    return (held?.modRevision ?? 0) === condition.modRevision;
  }

  /** Applies a write; the paths that changed, or the condition that did not hold. */
  write({
    operations,
    conditions = [],
    otherwise,
  }: ModelWrite): { changed: string[] } | 'conflict' {
    const before = this.at(this.revision);
    const holds = conditions.every((condition) => this.holds(condition));
    if (!holds && otherwise === undefined) return 'conflict';
    const done = (holds ? undefined : otherwise) ?? operations;
    const values = new Map<string, Content>(before);
    const written = new Set<string>();
    for (const operation of done) {
      if (operation.type === 'end') {
        for (const [path, { lease }] of before) if (lease === operation.lease) values.delete(path);
        continue;
      }
      const { path } = operation;
      if (operation.type === 'put') {
        const { value, lease } = operation;
        values.set(path, { value, lease });
        written.add(path);
        continue;
      }
      for (const held of [...values.keys()])
        if (held === path || (operation.recursive === true && isShownIn(held, path))) {
          values.delete(held);
          written.delete(held);
        }
    }
    // What a later operation of the commit takes away again needs no lease.
    for (const path of written) {
      const lease = values.get(path)?.lease;
      const at = `/.confer/leases/${lease}`;
      if (lease !== undefined && path !== at && !before.has(at)) return 'conflict';
    }
    return this.#keep(before, values, written);
  }

  #keep(before: ModelState, values: Map<string, Content>, written: Set<string>) {
    const revision = this.revision + 1;
    const gone = [...before.keys()].filter((path) => !values.has(path));
    const changed = [...gone, ...written].sort(comparePaths);
    if (changed.length === 0) return { changed };
    const after = new Map<string, ModelEntry>();
    for (const [path, { value, lease }] of values) {
      const held = before.get(path);
      if (held !== undefined && !written.has(path)) after.set(path, held);
      else
        after.set(path, {
          value,
          lease,
          createRevision: held?.createRevision ?? revision,
          modRevision: revision,
          version: (held?.version ?? 0) + 1,
        });
    }
    this.#states.push(after);
    return { changed };
  }

  /**
   * The changes of a revision, by the difference of two states: those that who reads a subtree is shown, or without one,
   * all of them.
   */
  changesAt(revision: number, subtree?: string): string[] {
    const before = this.at(revision - 1);
    const after = this.at(revision);
    const paths = new Set([...before.keys(), ...after.keys()]);
    return [...paths]
      .filter((path) => subtree === undefined || isShownIn(path, subtree))
      .filter((path) => before.get(path)?.modRevision !== after.get(path)?.modRevision)
      .sort(comparePaths);
  }
}

/** Said anew here, so that a mistake in the shared one shows. */
export function isWithin(path: string, subtree: string): boolean {
  return subtree === '/' || path === subtree || path.startsWith(`${subtree}/`);
}

/** What is named `.confer`, and lies below it, shows to nobody who reads what is above it. */
function isShownIn(path: string, subtree: string): boolean {
  if (!isWithin(path, subtree)) return false;
  const below = path.slice(subtree === '/' ? 0 : subtree.length);
  return !below.split('/').includes('.confer');
}

/** Whether a commit says just what the model says of its revision, inside a subtree. */
export function commitProblem(model: Model, commit: Commit, subtree?: string): string | undefined {
  const expected = model.changesAt(commit.revision, subtree);
  const paths = commit.changes.map(({ path }) => path);
  if (JSON.stringify(paths) !== JSON.stringify(expected))
    return `revision ${commit.revision} changed ${expected}, reported ${paths}`;
  for (const change of commit.changes) {
    const held = model.at(commit.revision).get(change.path);
    const problem =
      change.type === 'delete'
        ? held !== undefined
        : held === undefined || !sameEntry(held, change.entry);
    if (problem) return `revision ${commit.revision} reports ${JSON.stringify(change)}`;
  }
  return undefined;
}

export function sameEntry(
  a: ModelEntry,
  b: Omit<ModelEntry, 'lease'> & { readonly lease?: string },
): boolean {
  return (
    a.value === b.value &&
    a.lease === b.lease &&
    a.createRevision === b.createRevision &&
    a.modRevision === b.modRevision &&
    a.version === b.version
  );
}
