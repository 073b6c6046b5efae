import type { Entry } from '@confer/shared';
import type { Before } from './engine.ts';
import type { LazyEntry } from './evaluate.ts';

/** An entry that is in memory as a whole. */
export class WholeEntry implements LazyEntry, Before {
  readonly #entry: Entry;

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  get path(): string {
    return this.#entry.path;
  }

  get createRevision(): number {
    return this.#entry.createRevision;
  }

  get modRevision(): number {
    return this.#entry.modRevision;
  }

  get version(): number {
    return this.#entry.version;
  }

  get lease(): string | undefined {
    return this.#entry.lease;
  }

  get valueLength(): number {
    return this.#entry.value.length;
  }

  get heldLength(): number {
    return this.#entry.value.length;
  }

  entry(): Entry {
    return this.#entry;
  }

  kept(): Before {
    return this;
  }
}
