/**
 * A checksum of text, to be added to piece by piece: FNV-1a over UTF-16 code units, twice with 32 bits from different
 * bases, each finished with the mixer of MurmurHash3 (fmix32). It finds damage; it does not withstand an adversary,
 * who could write the rest of the file as well.
 */
export class Checksum {
  #high = 0x811c9dc5 | 0;
  #low = 0x01000193;

  add(text: string): void {
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      high = Math.imul(high ^ unit, 0x01000193);
      // Another constant, so that the two do not move together.
      low = Math.imul(low ^ unit, 0x5bd1e995);
    }
    this.#high = high;
    this.#low = low;
  }

  toString(): string {
    return [this.#high, this.#low].map((half) => hex(mixed(half))).join('');
  }
}

export function checksumOf(text: string): string {
  const checksum = new Checksum();
  checksum.add(text);
  return checksum.toString();
}

function mixed(half: number): number {
  let h = half ^ (half >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
