/** Of each power of two; what is told of a time is less than a hundredth too much. */
const STEPS = 128;
/** Powers of two of microseconds: up to two hours. */
const POWERS = 33;

/** Times, in memory that does not grow with how many there are. */
export class Latencies {
  readonly #counts = new Float64Array(STEPS * POWERS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  add(ms: number): void {
    const at = bucketOf(ms);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** A time that `share` of all (0 to 1) are not above; 0 where there are none. */
  percentileMs(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.#maxMs, upperMsOf(bucket));
    }
    return this.#maxMs;
  }
}

/** Below the first microsecond nothing is told apart. */
function bucketOf(ms: number): number {
  const us = Math.max(1, ms * 1_000);
  const power = Math.min(POWERS - 1, Math.floor(Math.log2(us)));
  const step = Math.floor((us / 2 ** power - 1) * STEPS);
  return power * STEPS + Math.min(STEPS - 1, Math.max(0, step));
}

function upperMsOf(bucket: number): number {
  const power = Math.floor(bucket / STEPS);
  return (2 ** power * (1 + ((bucket % STEPS) + 1) / STEPS)) / 1_000;
}
