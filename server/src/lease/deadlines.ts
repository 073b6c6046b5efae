/** When something is looked at again: at its deadline, or earlier, if that has moved since. */
interface Look {
  readonly id: string;
  readonly at: number;
}

/** Of what is gone, so much may stand in the heap before it is made anew. */
const STALE_LOOKS_MIN = 1_000;

/**
 * Deadlines of very many things, nearly all of which move on before they come. To move one is to note it: its place in
 * the heap is mended only when its old turn comes, so that a keep-alive costs one write to a map, and each deadline
 * two steps down the heap a TTL.
 */
export class Deadlines {
  readonly #due = new Map<string, number>();
  #heap: Look[] = [];

  /** When something is due; `undefined` where it has no deadline. */
  of(id: string): number | undefined {
    return this.#due.get(id);
  }

  /** It is due then, and not before. A deadline never moves back. */
  set(id: string, at: number): void {
    const isNew = !this.#due.has(id);
    this.#due.set(id, at);
    if (isNew) this.#push({ id, at });
  }

  delete(id: string): void {
    this.#due.delete(id);
    if (this.#heap.length > STALE_LOOKS_MIN + 2 * this.#due.size) this.#remake();
  }

  /** When to look next; `undefined` where there is nothing to wait for. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** What is due by then, which has no deadline any more. Ends after so many looks, whatever they found. */
  *takeDue(now: number, looksMax: number): Generator<string> {
    for (let looks = 0; looks < looksMax; looks++) {
      const first = this.#heap[0];
      if (first === undefined || first.at > now) return;
      const { id } = first;
      const at = this.#due.get(id);
      // safeguard: lease-is-never-early
      if (at !== undefined && at > now) {
        this.#replaceFirst({ id, at });
        continue;
      }
      this.#removeFirst();
      if (at === undefined) continue;
      this.#due.delete(id);
      yield id;
    }
  }

  #remake(): void {
    this.#heap = [];
    for (const [id, at] of this.#due) this.#push({ id, at });
  }

  #push(look: Look): void {
    const heap = this.#heap;
    let place = heap.push(look) - 1;
    for (;;) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= look.at) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = look;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#replaceFirst(last);
  }

  #replaceFirst(look: Look): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
      const isRight = left !== undefined && right !== undefined && right.at < left.at;
      const child = isRight ? right : left;
      if (child === undefined || child.at >= look.at) break;
      heap[place] = child;
      place = 2 * place + (isRight ? 2 : 1);
    }
    heap[place] = look;
  }
}
