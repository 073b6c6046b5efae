import { ROOT } from '@confer/shared';

/** A grant, and the subtree that it is on. */
interface Placed<Grant> {
  readonly on: string;
  readonly grant: Grant;
}

/** The place between two grants that a path belongs into; `cover`: one that has all of it was met on the way. */
interface Place<Grant> {
  readonly cover: Grant | undefined;
  /** Of the first grant that comes after the path. */
  readonly next: number;
}

const SLASH = 47;

/**
 * Grants by the subtree that they are on. A role may have hundreds of them, all deep and alike, and a commit a hundred
 * thousand paths, each as long as a path may be: so a question reads each character of its path once, however many
 * grants there are and wherever they branch.
 *
 * Only the topmost are kept: a grant within another says nothing more. They are sorted, each as if it ended in a slash;
 * then the one that covers a path is the last that does not come after it. It is looked for as in a suffix array
 * (Manber and Myers): where the halves are known to differ earlier than the path does, nothing is compared.
 */
export class GrantIndex<Grant> {
  readonly #grants: readonly Placed<Grant>[];
  readonly #onRoot: Grant | undefined;
  /** How much the middle of each step has in common with the lower and the upper end of it. */
  readonly #withLower: Uint16Array;
  readonly #withUpper: Uint16Array;

  constructor(grants: Iterable<Placed<Grant>>) {
    this.#grants = topmost([...grants]);
    const [first] = this.#grants;
    this.#onRoot = first?.on === ROOT ? first.grant : undefined;
    this.#withLower = new Uint16Array(this.#grants.length);
    this.#withUpper = new Uint16Array(this.#grants.length);
    this.#compareEnds(-1, this.#grants.length);
  }

  /** One on a subtree that has all of a path. */
  covering(path: string): Grant | undefined {
    return this.#onRoot ?? (this.#grants.length === 0 ? undefined : this.#placeOf(path).cover);
  }

  /** One that meets a subtree: it covers it, or lies in it. */
  meeting(subtree: string): Grant | undefined {
    const [first] = this.#grants;
    if (first === undefined || this.#onRoot !== undefined || subtree === ROOT) return first?.grant;
    const { cover, next } = this.#placeOf(subtree);
    if (cover !== undefined) return cover;
    const after = this.#grants[next];
    const isWithin = after !== undefined && commonLength(after.on, subtree, 0) > subtree.length;
    return isWithin ? after.grant : undefined;
  }

  #placeOf(path: string): Place<Grant> {
    let lower = -1;
    let upper = this.#grants.length;
    let withLower = 0;
    let withUpper = 0;
    while (upper - lower > 1) {
      const middle = (lower + upper) >> 1;
      const isNearLower = withLower >= withUpper;
      const known = isNearLower ? withLower : withUpper;
      const shared = (isNearLower ? this.#withLower : this.#withUpper)[middle] ?? 0;
      let isAfter = isNearLower;
      let common = Math.min(known, shared);
      if (shared === known) {
        const placed = this.#grants[middle];
        if (placed === undefined) break;
        common = commonLength(placed.on, path, known);
        if (common > placed.on.length) return { cover: placed.grant, next: middle };
        isAfter = characterAt(placed.on, common) > characterAt(path, common);
      } else if (shared > known) isAfter = !isNearLower;
      if (isAfter) {
        upper = middle;
        withUpper = common;
      } else {
        lower = middle;
        withLower = common;
      }
    }
    return { cover: undefined, next: upper };
  }

  /** Of all steps that a search may come to between two ends. */
  #compareEnds(lower: number, upper: number): void {
    if (upper - lower <= 1) return;
    const middle = (lower + upper) >> 1;
    const common = (end: number) => {
      const [one, other] = [this.#grants[middle], this.#grants[end]];
      return one === undefined || other === undefined ? 0 : commonLength(one.on, other.on, 0);
    };
    this.#withLower[middle] = common(lower);
    this.#withUpper[middle] = common(upper);
    this.#compareEnds(lower, middle);
    this.#compareEnds(middle, upper);
  }
}

/** Sorted, each once, without those that lie in another: the first of two on one subtree counts. */
function topmost<Grant>(grants: readonly Placed<Grant>[]): readonly Placed<Grant>[] {
  const root = grants.find(({ on }) => on === ROOT);
  if (root !== undefined) return [root];
  const kept: Placed<Grant>[] = [];
  for (const placed of [...grants].sort((a, b) => byPlace(a.on, b.on))) {
    const last = kept.at(-1);
    if (last === undefined || commonLength(last.on, placed.on, 0) <= last.on.length)
      kept.push(placed);
  }
  return kept;
}

function byPlace(a: string, b: string): number {
  const common = commonLength(a, b, 0);
  return characterAt(a, common) - characterAt(b, common);
}

/** How much two paths have in common, each with a slash at its end, of which `from` is known. */
function commonLength(a: string, b: string, from: number): number {
  const shorter = Math.min(a.length, b.length);
  let at = from;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at < shorter || at > shorter) return at;
  return characterAt(a, at) === characterAt(b, at) ? at + 1 : at;
}

/** With a slash at its end, and behind that nothing, which comes before everything. */
function characterAt(path: string, at: number): number {
  if (at < path.length) return path.charCodeAt(at);
  return at === path.length ? SLASH : -1;
}
