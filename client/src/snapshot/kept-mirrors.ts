import type { Clock, Timer } from '@confer/shared';
import { ConferError } from '../errors.ts';
import type { KeptState, OpenSnapshots, ToKeep } from '../local-api.ts';
import { messageOf } from '../make-error.ts';
import { exclusionOf } from './exclusion.ts';
import { readSnapshot } from './snapshot-text.ts';

/** Where the text of a snapshot lies: a file, or a row in a database of a browser. */
export interface SnapshotMedium {
  /** For messages: where that of a subtree lies. */
  nameOf(path: string): string;
  /** `undefined` where there is none. */
  read(path: string): string | undefined;
  /** As a whole or not at all. */
  write(path: string, state: KeptState): Promise<void>;
  remove(path: string): void | Promise<void>;
}

export interface SnapshotOptions {
  /** What is older when it is read is not used. Default: 7 days. */
  readonly maxAgeMs?: number;
  /**
   * Globs of paths that are never written, nor anything below them: `/svc/secret`, `/svc/*\/key`, or anywhere
   * `**\/secret`. With any left out, the next process shows what was kept until the server has sent everything; without,
   * it is sent what changed since.
   */
  readonly exclude?: readonly string[];
}

const MAX_AGE_MS = 7 * 24 * 60 * 60_000;
/** A subtree that changes all the time is written this often. What is lost with a process is sent again. */
const PAUSE_MS = 2_000;

/**
 * What does not change is written anew this often, or in a quarter of the time after which it is too old: otherwise it
 * would be just that when a program dies that has run for weeks. So is what could not be written.
 */
const REFRESH_MS = 15 * 60_000;

/**
 * Keeps the mirrors of one client on a medium: what is new is written soon, one after another, and never twice at once.
 * All of it is as of one moment, so that a configuration of several subtrees begins with what they held together, unless
 * its program died while they caught up.
 */
export class KeptMirrors implements OpenSnapshots {
  readonly #medium: SnapshotMedium;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #maxAgeMs: number;
  readonly #isExcluded: (path: string) => boolean;
  readonly #refreshMs: number;
  /** Those that a mirror follows. */
  readonly #followed = new Map<string, () => ToKeep>();
  /** Those that have something to be written. */
  readonly #due = new Map<string, () => ToKeep>();
  /** Until that is written, and what is being written is. */
  #pause: Timer | undefined;
  /** Until all that is followed is written anew. */
  #refresh: Timer | undefined;
  #isClosed = false;
  /** What is being written, and then what is to be done after it. */
  #writing: Promise<void> = Promise.resolve();
  /** Said once until it works again: a full disk would be reported with every change. */
  readonly #failing = new Set<string>();

  constructor(
    medium: SnapshotMedium,
    { maxAgeMs = MAX_AGE_MS, exclude = [] }: SnapshotOptions,
    clock: Clock,
    report: (error: unknown) => void,
  ) {
    this.#medium = medium;
    this.#clock = clock;
    this.#report = report;
    this.#maxAgeMs = maxAgeMs;
    this.#refreshMs = Math.max(PAUSE_MS, Math.min(REFRESH_MS, maxAgeMs / 4));
    this.#isExcluded = exclusionOf(exclude);
  }

  load(path: string): KeptState | undefined {
    try {
      const text = this.#medium.read(path);
      if (text === undefined) return undefined;
      const state = readSnapshot(text, path);
      const ageMs = this.#clock.now() - state.keptAt;
      const minutes = Math.round(Math.abs(ageMs) / 60_000);
      if (ageMs > this.#maxAgeMs)
        throw new Error(`it is ${minutes} minutes old, and may be too old by now`);
      // A clock that was set back a little makes it young, not old.
      if (-ageMs > this.#maxAgeMs)
        throw new Error(`it is of ${minutes} minutes from now: nobody knows how old it is`);
      return state;
    } catch (error) {
      this.#tell(`${this.#medium.nameOf(path)} is not used: ${messageOf(error)}`, path, error);
      return undefined;
    }
  }

  changed(path: string, read: () => ToKeep): void {
    this.#followed.set(path, read);
    this.#due.set(path, read);
    this.#pause ??= this.#clock.setTimer(PAUSE_MS, () => void this.#flush());
    this.#refresh ??= this.#clock.setTimer(this.#refreshMs, () => {
      this.#refresh = undefined;
      for (const each of this.#followed) this.changed(...each);
    });
  }

  left(path: string): void {
    this.#followed.delete(path);
  }

  drop(path: string): void {
    this.#followed.delete(path);
    this.#due.delete(path);
    this.#after(path, () => this.#medium.remove(path));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#pause?.cancel();
    this.#refresh?.cancel();
    return this.#flush();
  }

  async #flush(): Promise<void> {
    const states = [...this.#due].map(([path, read]) => [path, read()] as const);
    this.#due.clear();
    for (const [path, state] of states) this.#after(path, () => this.#write(path, state));
    await this.#writing;
    this.#pause = undefined;
    if (this.#due.size > 0 && !this.#isClosed)
      this.#pause = this.#clock.setTimer(PAUSE_MS, () => void this.#flush());
  }

  async #write(path: string, { position, keptAt, entries }: ToKeep): Promise<void> {
    if (position === undefined) return;
    const kept = entries.filter((entry) => !this.#isExcluded(entry.path));
    const isPartial = kept.length < entries.length;
    await this.#medium.write(path, { position, keptAt, entries: kept, isPartial });
    this.#failing.delete(path);
  }

  /** One thing at a time: two writes of one file could end in the order of neither. */
  #after(path: string, work: () => void | Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      if (this.#failing.has(path)) return;
      this.#failing.add(path);
      this.#tell(`${this.#medium.nameOf(path)} is not kept: ${messageOf(error)}`, path, error);
    });
  }

  #tell(message: string, path: string, cause: unknown): void {
    this.#report(new ConferError('snapshot_unusable', message, { path, cause }));
  }
}
