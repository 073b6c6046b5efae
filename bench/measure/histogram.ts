/** Times, to be asked for what share of them was within what. */
export class Histogram {
  #times: number[] = [];
  #isSorted = true;

  add(ms: number): void {
    this.#times.push(ms);
    this.#isSorted = false;
  }

  get count(): number {
    return this.#times.length;
  }

  /** The time that `share` of all (0 to 1) are not above. */
  percentile(share: number): number {
    if (!this.#isSorted) this.#times = Array.from(Float64Array.from(this.#times).sort());
    this.#isSorted = true;
    const at = Math.max(0, Math.ceil(share * this.#times.length) - 1);
    return this.#times[at] ?? Number.NaN;
  }
}
