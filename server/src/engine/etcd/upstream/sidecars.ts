/** The key that every commit writes. */
export interface Head {
  readonly version: number;
  readonly revision: number;
}

/** A commit record, as far as it has to be known when it can go. */
interface Known {
  readonly requestId: string;
  /** When this gateway saw it first, in ms of its own uptime: clocks differ, and are set. */
  readonly seenMs: number;
  /** Of its revision, that are there now. */
  entries: number;
}

/** A record that no entry needs any more. */
export interface Unreferenced {
  readonly requestId: string;
  readonly revision: number;
  readonly seenMs: number;
}

/** What of etcd's keys is no entry, as far as a gateway remembers it: to check what comes, and to clean up. */
export class Sidecars {
  /** How many commits there were, and at which revision the last one was: of what is shown. */
  head: Head = { version: 0, revision: 0 };
  /** Keys that are no path, and those whose value is no text, with their versions. */
  readonly #skipped = new Map<string, number>();
  readonly #records = new Map<number, Known>();
  readonly #unreferenced = new Map<string, Unreferenced>();
  readonly #uptimeMs: () => number;

  constructor(uptimeMs: () => number) {
    this.#uptimeMs = uptimeMs;
  }

  get skippedCount(): number {
    return this.#skipped.size;
  }

  /** The version of a key that is not shown; 0 where there is none. */
  skippedVersion(key: Uint8Array): number {
    return this.#skipped.get(nameOf(key)) ?? 0;
  }

  skip(key: Uint8Array, version: number): void {
    this.#skipped.set(nameOf(key), version);
  }

  unskip(key: Uint8Array): void {
    this.#skipped.delete(nameOf(key));
  }

  /** Before the entries of its revision are counted. */
  addRecord(revision: number, requestId: string): void {
    const seenMs = this.#uptimeMs();
    // One that said that the request was not made, which is replaced now: nothing will ever ask for it.
    const replaced = this.#unreferenced.get(requestId);
    if (replaced !== undefined) this.#records.delete(replaced.revision);
    this.#records.set(revision, { requestId, seenMs, entries: 0 });
    this.#unreferenced.set(requestId, { requestId, revision, seenMs });
  }

  removeRecord(requestId: string): void {
    const gone = this.#unreferenced.get(requestId);
    if (gone === undefined) return;
    this.#unreferenced.delete(requestId);
    this.#records.delete(gone.revision);
  }

  /** An entry has this revision now. */
  addEntry(revision: number): void {
    const record = this.#records.get(revision);
    if (record === undefined) return;
    record.entries++;
    this.#unreferenced.delete(record.requestId);
  }

  /** An entry that had this revision has another, or is gone. */
  removeEntry(revision: number): void {
    const record = this.#records.get(revision);
    if (record === undefined) return;
    record.entries--;
    if (record.entries > 0) return;
    const { requestId, seenMs } = record;
    this.#unreferenced.set(requestId, { requestId, revision, seenMs });
  }

  /** Records that can go: of commits up to a revision, and known for so long. */
  *unreferenced(upTo: number, forMs: number): Generator<Unreferenced> {
    const before = this.#uptimeMs() - forMs;
    for (const record of this.#unreferenced.values())
      if (record.revision <= upTo && record.seenMs < before) yield record;
  }
}

/** Any bytes as a string, one character each. */
function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
