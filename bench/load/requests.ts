import type { Address, WriterOptions } from './driver.ts';
import { fill, PLACEHOLDER, type Slots, slotsIn, valueText } from './value.ts';

/** The requests of a writer, built once, in which only numbers change. */
export class Requests {
  readonly #slots: readonly Slots[];
  #pending: Buffer[] = [];

  /** `build` makes the request for one address from a value with a placeholder for the number. */
  constructor(
    { addresses, valueBytes }: WriterOptions,
    build: (address: Address, value: string, number: number) => Buffer,
  ) {
    const value = valueText(Number(PLACEHOLDER), valueBytes);
    this.#slots = addresses.map((address, i) => slotsIn(build(address, value, i)));
  }

  put(address: number, sequence: number): void {
    const slots = this.#slots[address];
    if (slots === undefined) throw new RangeError(`there is no address ${address}`);
    this.#pending.push(fill(slots, sequence));
  }

  /** What was asked for, as one piece. */
  take(): Buffer {
    const [first] = this.#pending;
    const all =
      first !== undefined && this.#pending.length === 1 ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    return all;
  }
}
