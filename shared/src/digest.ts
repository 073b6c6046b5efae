/**
 * The digest of a subtree: an order-free sum over its entries of a 64-bit hash of path and
 * modRevision, so that both sides keep it up with one subtraction and one addition a change (W7).
 * It finds bugs, it does not withstand an adversary.
 *
 * The hash, for clients in other languages: FNV-1a over the UTF-8 bytes of `path`, one zero byte,
 * and the decimal digits of `modRevision`, twice with 32 bits, from the offset bases 0x811c9dc5 and
 * 0x01000193; each finished with the 32-bit mixer of MurmurHash3 (fmix32). Each half is summed
 * modulo 2^32. Written as 16 hex digits, the first half first.
 */
export class Digest {
  #high = 0;
  #low = 0;

  static parse(text: string): Digest {
    const digest = new Digest();
    digest.#high = Number.parseInt(text.slice(0, 8), 16) | 0;
    digest.#low = Number.parseInt(text.slice(8, 16), 16) | 0;
    return digest;
  }

  add(path: string, modRevision: number): void {
    this.#take(path, modRevision, 1);
  }

  remove(path: string, modRevision: number): void {
    this.#take(path, modRevision, -1);
  }

  /** Adds all that another digest covers; the two have no entry in common. */
  merge(other: Digest): void {
    this.#high = (this.#high + other.#high) | 0;
    this.#low = (this.#low + other.#low) | 0;
  }

  toString(): string {
    return hex(this.#high) + hex(this.#low);
  }

  /** Both halves in one walk over the path: a snapshot hashes every entry. */
  #take(path: string, modRevision: number, sign: 1 | -1): void {
    let high = HIGH_BASIS;
    let low = LOW_BASIS;
    for (let i = 0; i < path.length; i++) {
      const unit = path.charCodeAt(i);
      if (unit < 0x80) {
        high = fnv(high, unit);
        low = fnv(low, unit);
        continue;
      }
      const point = path.codePointAt(i) ?? 0;
      if (point > 0xffff) i++;
      high = codePoint(high, point);
      low = codePoint(low, point);
    }
    high = fnv(high, 0);
    low = fnv(low, 0);
    const digits = String(modRevision);
    for (let i = 0; i < digits.length; i++) {
      const digit = digits.charCodeAt(i);
      high = fnv(high, digit);
      low = fnv(low, digit);
    }
    this.#high = (this.#high + sign * mix(high)) | 0;
    this.#low = (this.#low + sign * mix(low)) | 0;
  }
}

const HIGH_BASIS = 0x811c9dc5 | 0;
const LOW_BASIS = 0x01000193;
const FNV_PRIME = 0x01000193;

function fnv(state: number, byte: number): number {
  return Math.imul(state ^ byte, FNV_PRIME);
}

/** The UTF-8 bytes of one code point above U+007F. */
function codePoint(h: number, point: number): number {
  if (point < 0x800) return fnv(fnv(h, 0xc0 | (point >> 6)), 0x80 | (point & 63));
  if (point < 0x10000)
    return fnv(fnv(fnv(h, 0xe0 | (point >> 12)), 0x80 | ((point >> 6) & 63)), 0x80 | (point & 63));
  const lead = fnv(fnv(h, 0xf0 | (point >> 18)), 0x80 | ((point >> 12) & 63));
  return fnv(fnv(lead, 0x80 | ((point >> 6) & 63)), 0x80 | (point & 63));
}

/** fmix32 of MurmurHash3. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
