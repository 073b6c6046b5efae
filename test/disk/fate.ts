import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { Image } from './image.ts';
import type { FileChange } from './recording.ts';

const SECTOR_BYTES = 512;
const PAGE_BYTES = 4096;

type Write = FileChange & { readonly kind: 'write' };

/**
 * What a loss of power makes of that which nobody had made certain. Each state has a temper of its
 * own, so that nearly everything being there and nearly nothing being there are both common.
 */
export class Fate {
  readonly #random: SeededRandom;
  readonly #kept: number;
  readonly #torn: number;
  /** The disk writes so much at once. */
  readonly #unitBytes: number;
  /** What is found where a file has grown and the data did not come; `short`: it has not grown. */
  readonly #growth: 'short' | 'zeros' | 'garbage';
  readonly #namesInOrder: boolean;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#kept = random.pick([0, 0.2, 0.5, 0.8, 1]);
    this.#torn = random.pick([0, 0.1, 0.5]);
    this.#unitBytes = random.pick([SECTOR_BYTES, PAGE_BYTES]);
    this.#growth = random.pick(['short', 'zeros', 'garbage'] as const);
    this.#namesInOrder = random.chance(0.5);
  }

  /** Which of so many changes of names came to be: the first of them, as with a journal, or any. */
  names(count: number): boolean[] {
    const first = this.#random.int(0, count);
    const kept = this.#random.pick([0.2, 0.5, 0.8]);
    return Array.from({ length: count }, (_, i) =>
      this.#namesInOrder ? i < first : this.#random.chance(kept),
    );
  }

  /** What became of a change, in words. */
  change(image: Image, change: FileChange): string {
    if (change.kind === 'write') return this.#write(image, change);
    if (!this.#random.chance(this.#kept)) return 'lost';
    image.resize(change.size);
    return 'kept';
  }

  #write(image: Image, write: Write): string {
    const parts = partsOf(write, this.#unitBytes);
    const kept = this.#choose(parts.length);
    for (const [i, { offset, data }] of parts.entries())
      if (kept[i]) image.write(offset, data);
      else this.#grow(image, offset + data.length);
    const count = kept.filter(Boolean).length;
    if (count === parts.length) return 'kept';
    return count === 0 ? 'lost' : `torn: ${count} of ${parts.length} times ${this.#unitBytes}`;
  }

  #choose(count: number): boolean[] {
    const random = this.#random;
    const all = (value: boolean) => new Array<boolean>(count).fill(value);
    if (!random.chance(this.#torn)) return all(random.chance(this.#kept));
    const cut = random.int(0, count);
    const way = random.pick(['start', 'end', 'any'] as const);
    return all(true).map((_, i) =>
      way === 'any' ? random.chance(0.5) : way === 'start' ? i < cut : i >= cut,
    );
  }

  #grow(image: Image, end: number): void {
    const { size } = image;
    if (end <= size || this.#growth === 'short') return;
    const filler = Buffer.alloc(end - size);
    if (this.#growth === 'garbage')
      for (let i = 0; i < filler.length; i++) filler[i] = this.#random.int(0, 255);
    image.write(size, filler);
  }

  /** Through a map anything may have been written at any time: sectors of before and of after. */
  mapped(image: Image, after: Buffer): void {
    const { size } = image;
    const kept = this.#random.pick([0, 0.5, 1]);
    for (let at = 0; at < Math.min(size, after.length); at += SECTOR_BYTES)
      if (this.#random.chance(kept))
        image.write(at, after.subarray(at, Math.min(at + SECTOR_BYTES, size)));
  }
}

/** What the disk writes at once, of a write that may begin and end anywhere. */
function partsOf({ offset, data }: Write, unitBytes: number): { offset: number; data: Buffer }[] {
  const parts = [];
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + unitBytes - ((offset + at) % unitBytes));
    parts.push({ offset: offset + at, data: data.subarray(at, end) });
    at = end;
  }
  return parts;
}
