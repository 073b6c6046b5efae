/** More are not worth reading; they are counted. */
const LINES_MAX = 50;

/** What was found to be wrong, one line each: the first of it, and how much more there is. */
export class ProblemList {
  readonly #lines: string[] = [];
  #more = 0;

  get lines(): readonly string[] {
    return this.#more === 0 ? this.#lines : [...this.#lines, `and ${this.#more} more of this kind`];
  }

  add(line: string): void {
    if (this.#lines.length < LINES_MAX) this.#lines.push(line);
    else this.#more++;
  }
}
