import type { Entry } from '@confer/shared';
import type { EngineReads } from '../engine/engine.ts';
import type { ChangeOutline, CommitHead, Version } from '../engine/past.ts';
import { RowBudget } from '../row-budget.ts';

/** A change, with what it put and what was there before where values were asked for. */
export type LoggedChange = ChangeOutline & { readonly entry?: Entry; readonly prev?: Entry };

export interface LoggedCommit extends CommitHead {
  readonly changes: LoggedChange[];
}

export interface LogPage {
  /** The newest first, each as far as it lies in the subtree. */
  readonly commits: LoggedCommit[];
  /** Where the next page begins; with `after`, inside of the last commit. Absent on the last page. */
  readonly next?: { readonly at: number; readonly after?: string };
}

export interface LogQuery {
  readonly subtree: string;
  readonly at: number;
  readonly after?: string;
  readonly values: boolean;
  readonly commitsMax: number;
  readonly bytesMax: number;
}

/** What one page reads, given or not: some milliseconds. */
const ROWS_MAX = 1_500;
/** To find who made a commit costs as much as so many rows. */
const HEAD_ROWS = 4;
/** About what a change takes beside its texts, which are few where no values were asked for. */
const CHANGE_BYTES = 100;

/**
 * One page of the commits that touched a subtree. It ends where it is full, or where it has looked at so much of other
 * subtrees that others must have their turn; so it may be empty and not the last.
 */
export function logPage(reads: EngineReads, query: LogQuery): LogPage {
  const { subtree, at, after, commitsMax, bytesMax } = query;
  const budget = new RowBudget(ROWS_MAX);
  const values = query.values ? new ValuesOfChanges(reads, budget) : undefined;
  const commits: LoggedCommit[] = [];
  let bytes = 0;
  const isFull = () => bytes > bytesMax || budget.isSpent;
  const outlines = reads.outlines({ subtree, at, ...(after === undefined ? {} : { after }) });
  for (const outline of outlines) {
    const { revision } = outline;
    if (commits.length >= commitsMax || isFull()) return { commits, next: { at: revision } };
    budget.spend(outline.looked);
    const changes: LoggedChange[] = [];
    const take = () => {
      if (changes.length === 0) return;
      commits.push({ ...outline.head(), changes });
      budget.spend(HEAD_ROWS);
    };
    for (const change of outline.changes()) {
      const last = changes.at(-1)?.path;
      if (last !== undefined && isFull()) {
        take();
        return { commits, next: { at: revision, after: last } };
      }
      const logged = values === undefined ? change : values.with(change, revision);
      changes.push(logged);
      bytes += sizeOf(logged);
      budget.spend(1);
    }
    take();
  }
  return { commits };
}

function sizeOf({ path, entry, prev }: LoggedChange): number {
  return CHANGE_BYTES + path.length + (entry?.value.length ?? 0) + (prev?.value.length ?? 0);
}

/** Reads what changes put and replaced, for who goes through them from the newest to the oldest: each path in one go. */
class ValuesOfChanges {
  readonly #reads: EngineReads;
  readonly #budget: RowBudget;
  readonly #paths = new Map<string, { version: Version | undefined; rest: Iterator<Version> }>();

  constructor(reads: EngineReads, budget: RowBudget) {
    this.#reads = reads;
    this.#budget = budget;
  }

  with(change: ChangeOutline, revision: number): LoggedChange {
    const known = this.#versionsOf(change.path, revision);
    const { version } = known;
    known.version = nextOf(known.rest);
    return { ...change, ...entryAs('entry', version), ...entryAs('prev', known.version) };
  }

  #versionsOf(path: string, at: number) {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    const rest = this.#reads.versions({ path, at, budget: this.#budget })[Symbol.iterator]();
    const begun = { version: nextOf(rest), rest };
    this.#paths.set(path, begun);
    return begun;
  }
}

function nextOf(versions: Iterator<Version>): Version | undefined {
  const { done, value } = versions.next();
  return done === true ? undefined : value;
}

function entryAs<Name extends string>(name: Name, version: Version | undefined) {
  return version !== undefined && 'entry' in version ? { [name]: version.entry } : {};
}
