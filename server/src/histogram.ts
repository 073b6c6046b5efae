/** How often values fell into each bucket so far, as a page of metrics has it. */
export interface HistogramReading {
  /** Each with the number of values at or below its bound, the smallest first. */
  readonly buckets: readonly { readonly bound: number; readonly count: number }[];
  /** Of all values, also those above the last bound. */
  readonly count: number;
  readonly sum: number;
}

/** Counts values by size. Each costs one addition more than a walk up the bounds: about 20 ns. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** By the first bound that is not below the value; the last is of those above all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds`: from the smallest up. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let place = 0;
    while (value > (this.#bounds[place] ?? Number.POSITIVE_INFINITY)) place++;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sum += value;
  }

  read(): HistogramReading {
    let count = 0;
    const buckets = this.#bounds.map((bound, place) => {
      count += this.#counts[place] ?? 0;
      return { bound, count };
    });
    return { buckets, count: count + (this.#counts[this.#bounds.length] ?? 0), sum: this.#sum };
  }
}

/** Bounds in steps of 1, 2.5, 5, from a power of ten to another: `0.001, 0.0025, 0.005, 0.01 ...`. */
export function decades(fromExponent: number, toExponent: number): readonly number[] {
  const bounds: number[] = [];
  for (let exponent = fromExponent; exponent < toExponent; exponent++)
    for (const step of ['1', '2.5', '5']) bounds.push(Number(`${step}e${exponent}`));
  return [...bounds, Number(`1e${toExponent}`)];
}

/** Bounds that each are twice the one before. */
export function doublings(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, place) => first * 2 ** place);
}
