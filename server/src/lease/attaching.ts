interface Busy {
  /** Entries that are being written with the lease. */
  entries: number;
  commits: number;
  readonly idle: Promise<void>;
  readonly becomeIdle: () => void;
}

/** Writes that are under way and attach entries to leases. */
export class Attaching {
  readonly #busy = new Map<string, Busy>();

  /** Entries that are being written with a lease. */
  entriesOf(id: string): number {
    return this.#busy.get(id)?.entries ?? 0;
  }

  /** Resolves when nothing is under way for a lease; `undefined`: nothing is. */
  idle(id: string): Promise<void> | undefined {
    return this.#busy.get(id)?.idle;
  }

  /** Keeps count of a write for as long as it is under way. `entries`: how many it attaches, by lease. */
  async during<Result>(
    entries: ReadonlyMap<string, number>,
    run: () => Promise<Result>,
  ): Promise<Result> {
    for (const [id, count] of entries) this.#begin(id, count);
    try {
      return await run();
    } finally {
      for (const [id, count] of entries) this.#finish(id, count);
    }
  }

  #begin(id: string, entries: number): void {
    const busy = this.#busy.get(id) ?? newlyBusy();
    busy.entries += entries;
    busy.commits++;
    this.#busy.set(id, busy);
  }

  #finish(id: string, entries: number): void {
    const busy = this.#busy.get(id);
    if (busy === undefined) return;
    busy.entries -= entries;
    if (--busy.commits > 0) return;
    this.#busy.delete(id);
    busy.becomeIdle();
  }
}

function newlyBusy(): Busy {
  let becomeIdle = () => {};
  const idle = new Promise<void>((resolve) => {
    becomeIdle = resolve;
  });
  return { entries: 0, commits: 0, idle, becomeIdle };
}
