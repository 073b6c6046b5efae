/**
 * How far a scan may look. What it passes over without giving anything (paths that came later, paths
 * that are gone) costs as much as what it gives, so whoever reads a piece at a time hands in one of
 * these and goes on where it ended.
 */
export class RowBudget {
  #left: number;
  #stoppedAfter: string | undefined;

  constructor(rows: number) {
    this.#left = rows;
  }

  /** The last path that was looked at, where the scan ended because the budget was spent. */
  get stoppedAfter(): string | undefined {
    return this.#stoppedAfter;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /** Takes note of work that costs as much as looking at so many paths. `true` when all is spent. */
  spend(rows: number): boolean {
    this.#left -= rows;
    return this.isSpent;
  }

  /** Takes note of a path that was looked at. `true` when it was the last. */
  isSpentBy(path: string): boolean {
    if (--this.#left > 0) return false;
    this.#stoppedAfter = path;
    return true;
  }
}
