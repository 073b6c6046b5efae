/** How a watch is, as an operator sees it. */
export type Standing = 'live' | 'lagging' | 'syncing';

/** How many watches are in each standing, kept as they move: nobody goes through a million of them to know. */
export class WatchTally {
  readonly #counts: Record<Standing, number> = { live: 0, lagging: 0, syncing: 0 };

  get counts(): Readonly<Record<Standing, number>> {
    return this.#counts;
  }

  /** A watch is otherwise than before; `undefined`: it was not there, or is not any more. */
  moved(from: Standing | undefined, to: Standing | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#counts[from] -= 1;
    if (to !== undefined) this.#counts[to] += 1;
  }
}
