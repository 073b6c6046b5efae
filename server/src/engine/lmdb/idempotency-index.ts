/** A generation holds so many; there are two, so at least as many of the last requests are known. */
const GENERATION_MAX = 1_000_000;
const SLOTS_MIN = 4_096;

/**
 * Where the commit of a request is: request id to revision, for the last requests. It holds hashes of
 * 53 bits in flat arrays, 16 bytes a slot, where a map of texts would take a hundred and more. So
 * what it says is a hint: the one who asks looks whether the commit at that revision is of that
 * request. Ids that share a hash are told apart by that, but the older one is forgotten.
 */
export class IdempotencyIndex {
  #young = new Generation();
  #old = new Generation();

  add(requestId: string, revision: number): void {
    if (this.#young.size === GENERATION_MAX) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.set(hashOf(requestId), revision);
  }

  /** Where to look, or `undefined` when there is nothing to find. */
  find(requestId: string): number | undefined {
    const hash = hashOf(requestId);
    return this.#young.get(hash) ?? this.#old.get(hash);
  }
}

/** A hash table with open addressing: a slot is free while its hash is 0. */
class Generation {
  size = 0;
  #hashes = new Float64Array(SLOTS_MIN);
  #revisions = new Float64Array(SLOTS_MIN);

  get(hash: number): number | undefined {
    const slot = this.#slotOf(hash);
    return this.#hashes[slot] === hash ? this.#revisions[slot] : undefined;
  }

  set(hash: number, revision: number): void {
    if (this.size * 2 >= this.#hashes.length) this.#grow();
    const slot = this.#slotOf(hash);
    if (this.#hashes[slot] !== hash) this.size++;
    this.#hashes[slot] = hash;
    this.#revisions[slot] = revision;
  }

  /** The slot of a hash, or the free one where it belongs. */
  #slotOf(hash: number): number {
    const mask = this.#hashes.length - 1;
    let slot = (hash % 2 ** 30) & mask;
    for (let there = this.#hashes[slot]; there !== 0 && there !== hash; there = this.#hashes[slot])
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const revisions = this.#revisions;
    this.#hashes = new Float64Array(hashes.length * 2);
    this.#revisions = new Float64Array(hashes.length * 2);
    for (let i = 0; i < hashes.length; i++) {
      const hash = hashes[i] ?? 0;
      if (hash === 0) continue;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#revisions[slot] = revisions[i] ?? 0;
    }
  }
}

/** 53 bits, never 0: two runs of multiply and exclusive-or over the text (cyrb53). */
function hashOf(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0) || 1;
}
