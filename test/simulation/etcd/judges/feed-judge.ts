import { isHiddenIn, isWithin, ROOT } from '@confer/shared';
import type {
  Engine,
  EngineChange,
  EngineCommit,
  FeedEvent,
} from '../../../../server/src/engine/engine.ts';
import type { Requests } from './requests.ts';
import type { TrueChange, TrueEntry, Truth } from './truth.ts';

export interface FeedJudgeOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly truth: Truth;
  readonly requests: Requests;
  readonly onProblem: (problem: string) => void;
}

/** Compares what comes out of the feed of one gateway with what etcd has (S3, S5, W1, W2, W3). */
export class FeedJudge {
  readonly #options: FeedJudgeOptions;
  /** Up to here all is told. */
  #position: number;
  isEnded = false;

  constructor(options: FeedJudgeOptions) {
    this.#options = options;
    this.#position = options.engine.reads.revision;
    this.judgeState('at its start');
  }

  take(event: FeedEvent): void {
    if (this.isEnded) {
      this.#say(`W3 it told something after its end: ${event.kind}`);
      return;
    }
    switch (event.kind) {
      case 'commits':
        for (const commit of event.commits) this.#takeCommit(commit);
        break;
      case 'progress':
        this.#moveTo(event.revision, event.revision + 1);
        break;
      case 'jump':
        if (event.revision < this.#position)
          this.#say(`W1 it jumped from ${this.#position} back to ${event.revision}`);
        this.#position = event.revision;
        this.judgeState(`after a jump to ${event.revision}`);
        break;
      case 'end':
        this.isEnded = true;
        return;
    }
    const { revision } = this.#options.engine.reads;
    if (revision !== this.#position)
      this.#say(`W1 it told ${this.#position}, and shows ${revision}`);
  }

  /** All that is shown is what etcd has at the revision that is shown. */
  judgeState(when: string): void {
    const { engine, truth } = this.#options;
    const at = engine.reads.revision;
    const expected = truth.stateAt(at);
    let count = 0;
    for (const [path, held] of expected) {
      count++;
      const problem = differenceOf(held, engine.reads.get(path));
      if (problem !== undefined) this.#say(`S2 ${when} at ${at}: ${path} ${problem}`);
    }
    if (engine.reads.entryCount !== count)
      this.#say(`S2 ${when} at ${at}: ${engine.reads.entryCount} entries, not ${count}`);
    for (const { path } of engine.reads.scan({ subtree: ROOT, at }))
      if (!expected.has(path)) this.#say(`S2 ${when} at ${at}: ${path} is shown, and is not there`);
  }

  /** Nothing was left out before `next`. */
  #moveTo(revision: number, next: number): void {
    const { truth } = this.#options;
    if (revision <= this.#position) this.#say(`W1 it told ${revision} after ${this.#position}`);
    const missed = truth.changedBetween(this.#position, next);
    if (missed !== undefined) this.#say(`W3 it told ${revision}, and not ${missed}`);
    this.#position = revision;
  }

  #takeCommit(commit: EngineCommit): void {
    const { truth, requests } = this.#options;
    const { revision, actor, note, changes } = commit;
    this.#moveTo(revision, revision);
    const expected = new Map(truth.changesAt(revision).map((change) => [change.path, change]));
    if (changes.length !== expected.size)
      this.#say(`S3 of ${revision} it told ${changes.length} changes, not ${expected.size}`);
    for (const change of changes) {
      const problem = changeProblem(change, expected.get(change.path));
      if (problem !== undefined) this.#say(`W2 of ${revision}: ${change.path} ${problem}`);
    }
    const request = requests.get(truth.madeAt(revision)?.requestId ?? '');
    if (actor !== (request?.actor ?? 'etcd') || note !== request?.note)
      this.#say(`S3 ${revision} is said to be of ${actor} (${note}), and is of ${request?.actor}`);
    this.#judgeCleared(commit);
  }

  /** Whoever has the state before takes away by these alone. */
  #judgeCleared({ revision, cleared = [], changes }: EngineCommit): void {
    if (cleared.length === 0) return;
    const changed = new Set(changes.map(({ path }) => path));
    for (const path of this.#options.truth.stateAt(revision - 1).keys())
      for (const subtree of cleared)
        if (isWithin(path, subtree) && !isHiddenIn(path, subtree) && !changed.has(path))
          this.#say(`W4 ${revision} cleared ${subtree}, and not ${path}`);
  }

  #say(problem: string): void {
    this.#options.onProblem(`${problem} (${this.#options.name})`);
  }
}

function changeProblem(change: EngineChange, expected: TrueChange | undefined): string | undefined {
  if (expected === undefined) return 'did not change';
  const { before, after } = expected;
  if (change.replaced !== (before?.modRevision ?? 0)) return `replaced ${change.replaced}`;
  const told = change.before?.entry();
  const prev = before === undefined ? undefined : differenceOf(before, told);
  if (prev !== undefined || (before === undefined && told !== undefined))
    return `had another one before (${prev})`;
  if (change.type === 'delete') return after === undefined ? undefined : 'is there yet';
  return after === undefined ? 'is gone' : differenceOf(after, change.entry);
}

function differenceOf(held: TrueEntry, shown: TrueEntry | undefined): string | undefined {
  if (shown === undefined) return 'is not shown';
  const isSame =
    held.value === shown.value &&
    held.modRevision === shown.modRevision &&
    held.createRevision === shown.createRevision &&
    held.version === shown.version;
  return isSame ? undefined : `is ${JSON.stringify(shown)}, not ${JSON.stringify(held)}`;
}
