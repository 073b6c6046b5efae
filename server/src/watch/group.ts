import type { Change, ToldCommit } from '@confer/shared';
import type { MadeCommit } from '../store/store.ts';
import { commitFrames, commitsSize, type Frame } from './frames.ts';
import { type Listener, Telling } from './telling.ts';
import type { FrameSink } from './watch-sink.ts';

/**
 * Beyond this a batch is not handed to every socket at once: the watchers catch up instead, each at
 * the pace of its connection.
 */
const LIVE_BATCH_BYTES_MAX = 1024 * 1024;

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

/** What a group needs to know of its watchers. */
export interface Member {
  /** It could not be sent a batch; everything up to `position` was sent. */
  fallBehind(position: number, from: number): void;
}

/**
 * A distinct watch: a subtree with its options, which all its watchers have in common, and so the
 * frames. `name` is its name on the wire; it never gets another meaning.
 */
export class Group implements Listener {
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
  /** The commits that the hub is handing out. */
  #pending: Telling[] = [];

  constructor(name: string, options: GroupOptions, revision: number) {
    this.name = name;
    this.subtree = options.subtree;
    this.withPrev = options.withPrev;
    this.takesClears = options.takesClears;
    this.#batchedTo = revision;
  }

  get batchedTo(): number {
    return this.#batchedTo;
  }

  /** Takes a change of the subtree; those of one commit come one after another. */
  collect(commit: MadeCommit, change: Change): void {
    let telling = this.#pending.at(-1);
    if (telling?.commit !== commit) {
      telling = new Telling(commit, this);
      this.#pending.push(telling);
    }
    telling.add(change);
  }

  /**
   * Ends the batch at `to` and sends it to the live, as far as `bytesMax` goes in this turn; the others
   * catch up. Returns about how many bytes that took.
   */
  deliver(to: number, previousRevision: number, bytesMax: number): number {
    const from = this.#batchedTo;
    const commits = this.#takePending();
    this.#batchedTo = to;
    const bytes = SEND_BYTES + commitsSize(commits);
    let frames: readonly Frame[] | undefined;
    let taken = 0;
    for (const [watcher, sink] of this.live) {
      const isRoom = bytes <= LIVE_BATCH_BYTES_MAX && taken + bytes <= bytesMax;
      if (!isRoom || !sink.writable) {
        watcher.fallBehind(previousRevision, from);
        continue;
      }
      if (frames === undefined) {
        frames = [...commitFrames({ watch: this.name, from, to }, commits, this.withPrev)];
        taken += bytes * ENCODING_FACTOR;
      }
      for (const frame of frames) sink.send(frame);
      taken += bytes;
    }
    return taken;
  }

  #takePending(): ToldCommit[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending.map((telling) => telling.told()).filter((told) => told !== undefined);
  }
}
