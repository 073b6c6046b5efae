import {
  type Change,
  type Clock,
  type Commit,
  leasePath,
  type Operation,
  ProtocolError,
} from '@confer/shared';
import { expect } from 'vitest';
import type {
  CommitOutcome,
  Engine,
  EngineChange,
  EngineCommit,
  ScanQuery,
  Tombstone,
  WriteRequest,
} from '../engine.ts';

export interface EngineTestOptions {
  readonly tombstonesMax?: number;
}

/** How a contract test comes by the engine that it tests. */
export interface EngineFixture {
  /** An engine on empty storage. */
  open(clock: Clock, options?: EngineTestOptions): Engine | Promise<Engine>;
  /** Another engine on what the closed one left; absent where nothing is left. */
  reopen?(closed: Engine, clock: Clock): Engine | Promise<Engine>;
}

/** A clock that a test sets. Timers fire in the next turn of the event loop. */
export class TestClock implements Clock {
  time = 1_700_000_000_000;

  now(): number {
    return this.time;
  }

  setTimer(_delayMs: number, run: () => void) {
    const immediate = setImmediate(run);
    return { cancel: () => clearImmediate(immediate) };
  }
}

/** An engine with what came out of its feed, and shorthands for what tests ask of it. */
export class Scene {
  readonly engine: Engine;
  readonly clock: TestClock;
  /** As the feed had them: commits that became durable together are one batch. */
  readonly batches: (readonly Commit[])[] = [];
  /** The same one by one, of which nobody has read what they replaced. */
  readonly unread: EngineCommit[] = [];
  /** What was shown before anything was written. */
  readonly start: number;
  /** The newest revision that came out of the feed, with a commit or without. */
  told: number;
  static #requests = 0;

  constructor(engine: Engine, clock: TestClock) {
    this.engine = engine;
    this.clock = clock;
    this.start = engine.reads.revision;
    this.told = this.start;
    engine.feed.consume((event) => {
      if (event.kind === 'commits') {
        this.batches.push(event.commits.map(wholeCommit));
        this.unread.push(...event.commits);
      }
      this.told = engine.reads.revision;
    });
  }

  static async open(fixture: EngineFixture, options?: EngineTestOptions): Promise<Scene> {
    const clock = new TestClock();
    return new Scene(await fixture.open(clock, options), clock);
  }

  /** A revision that has not happened, whatever else than commits makes revisions. */
  get future(): number {
    return this.engine.reads.revision + 1_000;
  }

  get fed(): readonly Commit[] {
    return this.batches.flat();
  }

  /** The commits after a revision, as the engine has them in its history. */
  history(revision: number): Commit[] {
    return [...this.engine.reads.history(revision)].map(wholeCommit);
  }

  /** What is read of a subtree at a revision. */
  values(subtree = '/', at = this.engine.reads.revision): string[] {
    return [...this.engine.reads.scan({ subtree, at })].map(
      ({ path, value }) => `${path}=${value}`,
    );
  }

  /** What is known to be deleted, and when, of what is not there at a revision. */
  deleted(subtree = '/', at = this.engine.reads.revision, after?: string): string[] {
    const start = after === undefined ? {} : { start: { after } };
    return [...this.tombstones({ subtree, at, ...start })].map(
      ({ path, revision }) => `${path}@${revision}`,
    );
  }

  tombstones(query: ScanQuery): Tombstone[] {
    return [...this.engine.reads.scanStates(query)].flatMap((state) =>
      'tombstone' in state ? [state.tombstone] : [],
    );
  }

  commit(operations: readonly Operation[], more: Partial<WriteRequest> = {}) {
    const requestId = `request-${Scene.#requests++}`;
    return this.engine.writes.commit({
      operations,
      conditions: [],
      actor: 'ann',
      requestId,
      ...more,
    });
  }

  put(path: string, value: string, more: Partial<WriteRequest> = {}): Promise<CommitOutcome> {
    return this.commit([{ type: 'put', path, value }], more);
  }

  delete(path: string, more: Partial<WriteRequest> = {}): Promise<CommitOutcome> {
    return this.commit([{ type: 'delete', path }], more);
  }

  deleteSubtree(path: string): Promise<CommitOutcome> {
    return this.commit([{ type: 'delete', path, recursive: true }]);
  }

  /** A lease that is there, as whoever runs the engine makes one. */
  async grant(): Promise<string> {
    const lease = (Scene.#requests++ + 0x6b1f_0000).toString(16).padStart(16, '0');
    await this.engine.leases?.grant(lease, 60_000);
    const operations = [{ type: 'put', path: leasePath(lease), value: '{}', lease }] as const;
    await this.commit([], { operations });
    return lease;
  }
}

/** A commit with all that its changes replaced. */
export function wholeCommit(commit: EngineCommit): Commit {
  return { ...commit, changes: commit.changes.map(wholeChange) };
}

function wholeChange({ before, ...change }: EngineChange): Change {
  return before === undefined ? change : { ...change, prev: before.entry() };
}

/** The `ProtocolError` that `run` ends with. */
export async function failureOf(run: () => unknown): Promise<ProtocolError> {
  let failure: unknown;
  try {
    await run();
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(ProtocolError);
  if (failure instanceof ProtocolError) return failure;
  throw new Error('unreachable');
}
