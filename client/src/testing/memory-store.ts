import {
  type Commit,
  type Condition,
  comparePaths,
  type DeleteCause,
  type Entry,
  type Operation,
  type Position,
  ProtocolError,
} from '@confer/shared';
import { conflict, firstBroken } from './conditions.ts';
import { requireLeases } from './lease-rules.ts';
import { type Entries, netChanges } from './net-changes.ts';

/** A write, all of which has been checked by itself. */
export interface Write {
  readonly operations: readonly Operation[];
  readonly conditions: readonly Condition[];
  /** What is done where a condition does not hold; without it, that is a `conflict`. */
  readonly otherwise?: readonly Operation[];
  readonly note: string | undefined;
  readonly actor: string;
  /** Names the write, so that it is done once however often it is sent (S4). */
  readonly requestId: string;
  /** Why what it removes goes; default: `removed`. */
  readonly cause?: DeleteCause;
  /** What each try of it has in common; default: all of the above. */
  readonly sameAs?: string;
}

export interface Outcome {
  readonly revision: number;
  readonly puts: number;
  readonly deletes: number;
  /** It is what `otherwise` came to. */
  readonly otherwise?: true;
}

/** Where a reader's position lies in the history of the store: what it is told depends on it. */
export type Standing = 'continued' | 'compacted' | 'ahead' | 'elsewhere';

/** One history of entries, with all of its commits since the last compaction. It lives as long as one test. */
export class MemoryStore {
  readonly epoch: string;
  /** Which start of the server began each, and after which revision, the own one last. */
  readonly #timelines: { readonly name: string; readonly after: number }[] = [];
  #entries: ReadonlyMap<string, Entry> = new Map();
  #revision = 0;
  #compactedRevision = 0;
  /** After `compactedRevision`. Each change carries what was there before, so that past states can be told. */
  #commits: Commit[] = [];
  readonly #done = new Map<string, { readonly write: string; readonly outcome: Outcome }>();

  constructor(epoch: string) {
    this.epoch = epoch;
    this.beginTimeline();
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  get timeline(): string {
    return this.#timelines.at(-1)?.name ?? '';
  }

  get entries(): Entries {
    return this.#entries;
  }

  /** Each start of a server on its data begins one. */
  beginTimeline(): void {
    const name = `${this.epoch}-t${this.#timelines.length + 1}`;
    this.#timelines.push({ name, after: this.#revision });
  }

  /**
   * Makes one commit, or none where nothing changes; `told` gets it before the outcome is known.
   * @throws {ProtocolError} `conflict`, `too_large` or `lease_not_found`; nothing is written then.
   */
  commit(write: Write, now: number, told: (commit: Commit) => void): Outcome {
    const { conditions, otherwise, note, actor, requestId, cause = 'removed' } = write;
    const text = write.sameAs ?? JSON.stringify([write.operations, conditions, note, otherwise]);
    const before = this.#done.get(requestId);
    if (before !== undefined) {
      if (before.write === text) return before.outcome;
      throw new ProtocolError('invalid_message', 'the request id is that of another write');
    }
    const broken = firstBroken(conditions, this);
    if (broken !== undefined && otherwise === undefined) throw conflict(broken, this);
    const operations = (broken === undefined ? undefined : otherwise) ?? write.operations;
    const branch = broken === undefined ? {} : ({ otherwise: true } as const);
    const revision = this.#revision + 1;
    const changes = netChanges(operations, this.#entries, {
      ...{ revision, time: now, actor, cause },
    });
    if (changes.length === 0) return { revision: this.#revision, puts: 0, deletes: 0, ...branch };
    requireLeases(changes, this.#entries);
    const puts = changes.filter(({ type }) => type === 'put').length;
    const outcome = { revision, puts, deletes: changes.length - puts, ...branch };
    this.#done.set(requestId, { write: text, outcome });
    const noted = note === undefined ? {} : { note };
    const commit = { revision, time: now, actor, ...noted, changes };
    this.#apply(commit);
    told(commit);
    return outcome;
  }

  /** A commit that shows to nobody, as one below `/.confer`: who may do what is kept there. */
  commitUnseen(time: number): number {
    this.#apply({ revision: this.#revision + 1, time, actor: 'confer', changes: [] });
    return this.#revision;
  }

  /** Drops history; returns where it begins then. */
  compact(revision = this.#revision): number {
    this.#checkPast(revision);
    this.#compactedRevision = Math.max(this.#compactedRevision, revision);
    this.#commits = this.commitsAfter(this.#compactedRevision);
    return this.#compactedRevision;
  }

  commitsAfter(revision: number): Commit[] {
    return this.#commits.filter((commit) => commit.revision > revision);
  }

  /** What was there at a revision: what is there now, with all commits since undone. */
  entriesAt(revision: number): Entries {
    this.requireKnown(revision);
    const entries = new Map(this.#entries);
    for (const { changes } of this.commitsAfter(revision).toReversed())
      for (const { path, prev } of changes)
        if (prev === undefined) entries.delete(path);
        else entries.set(path, prev);
    return entries;
  }

  /** @throws {ProtocolError} `compacted` or `future_revision`. */
  requireKnown(revision: number): void {
    this.#checkPast(revision);
    if (revision < this.#compactedRevision)
      throw new ProtocolError('compacted', `history begins at ${this.#compactedRevision}`, {
        compactedRevision: this.#compactedRevision,
      });
  }

  standingOf({ epoch, revision, timeline }: Position): Standing {
    if (epoch !== this.epoch) return 'elsewhere';
    if (timeline !== undefined) {
      const place = this.#timelines.findIndex(({ name }) => name === timeline);
      const next = this.#timelines[place + 1];
      if (place === -1 || (next !== undefined && revision > next.after)) return 'elsewhere';
    }
    if (revision > this.#revision) return 'ahead';
    return revision < this.#compactedRevision ? 'compacted' : 'continued';
  }

  #apply(commit: Commit): void {
    const entries = new Map(this.#entries);
    for (const change of commit.changes)
      if (change.type === 'put') entries.set(change.path, change.entry);
      else entries.delete(change.path);
    this.#entries = entries;
    this.#revision = commit.revision;
    this.#commits.push(commit);
  }

  #checkPast(revision: number): void {
    if (revision > this.#revision)
      throw new ProtocolError('future_revision', `the newest revision is ${this.#revision}`);
  }
}

/** In the order of the tree. */
export function sorted(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((a, b) => comparePaths(a.path, b.path));
}
