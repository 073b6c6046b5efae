import type { EngineChange, EngineCommit } from '../store/store.ts';
import { CommitProjection, type ProjectionOptions } from './commit-projection.ts';
import type { Group, GroupOptions, ProjectedBatch } from './group.ts';

/**
 * Beyond this a batch is not handed to every socket at once: the watchers catch up instead, each at
 * the pace of its connection.
 */
const LIVE_BATCH_BYTES_MAX = 1024 * 1024;

/** What was handed out of a batch. */
export interface Delivered {
  /** About how many bytes that took. */
  readonly bytes: number;
  /** As often as each went to a live watch. */
  readonly changes: number;
}

/** A subtree with its options: what all who have such a watch are told is found out once. */
export class DistinctWatch implements ProjectionOptions {
  readonly subtree: string;
  readonly withPrev: boolean;
  readonly takesClears: boolean;
  readonly groups = new Set<Group>();
  /** The commits that the hub is handing out. */
  #pending: CommitProjection[] = [];
  /** Of those before the last. */
  #bytes = 0;
  /** The batch is too large, or cannot be told: it is left to those who catch up. */
  #isLeft = false;

  constructor({ subtree, withPrev, takesClears }: GroupOptions) {
    this.subtree = subtree;
    this.withPrev = withPrev;
    this.takesClears = takesClears;
  }

  /** Takes a change of the subtree; those of one commit come one after another. */
  collect(commit: EngineCommit, change: EngineChange): void {
    if (this.#isLeft) return;
    let telling = this.#pending.at(-1);
    if (telling?.commit !== commit) {
      this.#bytes += telling?.bytes ?? 0;
      telling = new CommitProjection(commit, this);
      this.#pending.push(telling);
    }
    try {
      telling.add(change);
    } catch {
      // What it replaced is damaged: the feed goes on, and whoever catches up meets it by himself.
      this.#leave();
      return;
    }
    if (this.#bytes + telling.bytes > LIVE_BATCH_BYTES_MAX) this.#leave();
  }

  #leave(): void {
    this.#isLeft = true;
    this.#pending = [];
  }

  /** Ends the batch at `to`. It takes no more than about `bytesMax`. */
  deliver(to: number, previousRevision: number, bytesMax: number): Delivered {
    const told = this.#takeTold();
    const changesEach = told?.commits.reduce((sum, { changes }) => sum + changes.length, 0) ?? 0;
    let bytes = 0;
    let changes = 0;
    for (const group of this.groups) {
      bytes += group.deliver(told, to, previousRevision, bytesMax - bytes);
      // Whoever did not get it is not live any more.
      changes += changesEach * group.live.size;
    }
    return { bytes, changes };
  }

  /** What led to a revision cannot be told: all who have this watch catch up. */
  leaveBehind(to: number, previousRevision: number): void {
    for (const group of this.groups) group.deliver(undefined, to, previousRevision, 0);
  }

  /** `undefined` where it is left to those who catch up. */
  #takeTold(): ProjectedBatch | undefined {
    const pending = this.#pending;
    const told = {
      commits: pending.map((telling) => telling.project()).filter((line) => line !== undefined),
      bytes: this.#bytes + (pending.at(-1)?.bytes ?? 0),
    };
    const isLeft = this.#isLeft;
    this.#pending = [];
    this.#bytes = 0;
    this.#isLeft = false;
    return isLeft ? undefined : told;
  }
}
