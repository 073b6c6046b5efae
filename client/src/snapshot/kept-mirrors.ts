import type { Clock, Timer } from '@confer/shared';
import type { KeptState, OpenSnapshots, ToKeep } from '../api.ts';
import { ConferError } from '../errors.ts';
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
   * Globs of paths that are never written, as `/svc/secret/**`. With any left out, the next process shows what was
   * kept until the server has sent everything; without, it is sent what changed since.
   */
  readonly exclude?: readonly string[];
}

const MAX_AGE_MS = 7 * 24 * 60 * 60_000;
/** A subtree that changes all the time is written this often. What is lost with a process is sent again. */
const PAUSE_MS = 2_000;

/** A subtree with something to be written. */
interface Due {
  readonly read: () => ToKeep;
  readonly timer: Timer;
}

/** Keeps the mirrors of one client on a medium: what is new is written soon, one after another, never twice at once. */
export class KeptMirrors implements OpenSnapshots {
  readonly #medium: SnapshotMedium;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #maxAgeMs: number;
  readonly #isExcluded: (path: string) => boolean;
  readonly #due = new Map<string, Due>();
  /** What is being written, and then what is to be done after it. */
  #writing: Promise<void> = Promise.resolve();
  /** Said once until it works again: a full disk would be reported with every change. */
  #isFailing = false;

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
    this.#isExcluded = exclusionOf(exclude);
  }

  load(path: string): KeptState | undefined {
    try {
      const text = this.#medium.read(path);
      if (text === undefined) return undefined;
      const state = readSnapshot(text, path);
      const ageMs = this.#clock.now() - state.keptAt;
      // A clock that was set back makes it young, not old.
      if (ageMs <= this.#maxAgeMs) return state;
      throw new Error(`it is ${Math.round(ageMs / 60_000)} minutes old, and may be too old by now`);
    } catch (error) {
      this.#tell(`${this.#medium.nameOf(path)} is not used: ${messageOf(error)}`, path, error);
      return undefined;
    }
  }

  changed(path: string, read: () => ToKeep): void {
    if (this.#due.has(path)) return;
    const timer = this.#clock.setTimer(PAUSE_MS, () => void this.#write(path));
    this.#due.set(path, { read, timer });
  }

  drop(path: string): void {
    this.#due.get(path)?.timer.cancel();
    this.#due.delete(path);
    this.#after(path, () => this.#medium.remove(path));
  }

  async close(): Promise<void> {
    for (const path of [...this.#due.keys()]) void this.#write(path);
    await this.#writing;
  }

  #write(path: string): Promise<void> {
    const due = this.#due.get(path);
    if (due === undefined) return this.#writing;
    due.timer.cancel();
    this.#due.delete(path);
    return this.#after(path, async () => {
      const { position, keptAt, entries } = due.read();
      if (position === undefined) return;
      const kept = entries.filter((entry) => !this.#isExcluded(entry.path));
      const isPartial = kept.length < entries.length;
      await this.#medium.write(path, { position, keptAt, entries: kept, isPartial });
      this.#isFailing = false;
    });
  }

  /** One thing at a time: two writes of one file could end in the order of neither. */
  #after(path: string, work: () => void | Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      if (this.#isFailing) return;
      this.#isFailing = true;
      this.#tell(`${this.#medium.nameOf(path)} is not kept: ${messageOf(error)}`, path, error);
    });
    return this.#writing;
  }

  #tell(message: string, path: string, cause: unknown): void {
    this.#report(new ConferError('snapshot_unusable', message, { path, cause }));
  }
}
