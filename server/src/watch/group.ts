import type { WatchCommit } from '@confer/shared';
import type { Measures } from '../measures.ts';
import { commitFrames, type Frame } from './frames.ts';
import type { FrameSink } from './watch-sink.ts';

/** What a send costs beside its bytes, as so many bytes: about as long as it takes to copy them. */
const SEND_BYTES = 1024;

/** Encoding takes about so many times longer than handing the bytes to a socket. */
const ENCODING_FACTOR = 8;

/** What makes a watch another one. */
export interface GroupOptions {
  readonly subtree: string;
  readonly withPrev: boolean;
  readonly takesClears: boolean;
}

/** What a batch tells. */
export interface ProjectedBatch {
  readonly commits: readonly WatchCommit[];
  /** About how many bytes of frames that takes. */
  readonly bytes: number;
}

/** What a group needs to know of its watchers. */
export interface Member {
  /** It could not be sent a batch; everything up to `position` was sent. */
  markLagging(position: number, from: number): void;
}

/**
 * All who have a distinct watch by one name, and so the frames in common. A connection that has the same
 * watch twice is in two of them. The name never gets another meaning.
 */
export class Group {
  readonly name: string;
  readonly subtree: string;
  readonly withPrev: boolean;
  readonly takesClears: boolean;
  /**
   * Those who have everything up to the hub's revision, with where to send to: a batch goes straight
   * there. To find that from the watcher, over its session and what the session has, made the loop over
   * a thousand 4 % dearer.
   */
  readonly live = new Map<Member, FrameSink>();
  /** All watchers, live or not. */
  readonly watchers = new Set<Member>();

  /**
   * The revision of the last batch; nothing touched the subtree between it and the hub's revision. So
   * every live watcher's client is there or further on, and the next batch can truly start here.
   */
  #batchedTo: number;
  readonly #measures: Measures;

  constructor(name: string, options: GroupOptions, revision: number, measures: Measures) {
    this.name = name;
    this.subtree = options.subtree;
    this.withPrev = options.withPrev;
    this.takesClears = options.takesClears;
    this.#batchedTo = revision;
    this.#measures = measures;
  }

  get batchedTo(): number {
    return this.#batchedTo;
  }

  /**
   * Sends the batch that ends at `to` to the live, as far as `bytesMax` goes in this turn; the others
   * catch up. `told` is missing where it is too large to be handed to all at once. Returns about how many
   * bytes that took.
   */
  deliver(
    told: ProjectedBatch | undefined,
    to: number,
    previousRevision: number,
    bytesMax: number,
  ): number {
    // safeguard: batch-begins-where-the-last-ended
    const from = this.#batchedTo;
    this.#batchedTo = to;
    const bytes = SEND_BYTES + (told?.bytes ?? 0);
    let frames: readonly Frame[] = [];
    let taken = 0;
    let handed = 0;
    for (const [watcher, sink] of this.live) {
      // safeguard: full-connection-gets-no-batch
      if (told === undefined || taken + (handed + 1) * bytes > bytesMax || !sink.writable) {
        // safeguard: missed-batch-is-lag
        watcher.markLagging(previousRevision, from);
        continue;
      }
      if (handed === 0) {
        const head = { watch: this.name, from, to };
        frames = [...commitFrames(head, told.commits, this.withPrev)];
        taken = bytes * ENCODING_FACTOR;
      }
      for (const frame of frames) sink.send(frame);
      handed += 1;
    }
    // Counted once for all who got it: nothing is paid for a change that is delivered.
    for (const { byteLength } of frames) this.#measures.sent(handed, byteLength);
    return taken + handed * bytes;
  }
}
