/**
 * What is written: a mark, a number that counts the writes, and padding. A reader finds it in the
 * bytes of any protocol by its mark, without taking them apart.
 */
const MARK = '~~#';
const DIGITS = 10;
const mark = Buffer.from(MARK);
const ZERO = 48;

export function valueText(sequence: number, valueBytes: number): string {
  return (MARK + String(sequence).padStart(DIGITS, '0')).padEnd(valueBytes, 'x');
}

/** Calls back with the number of each value in the message; returns how many there were. */
export function eachValue(
  bytes: Buffer,
  start: number,
  end: number,
  onValue: (sequence: number) => void,
): number {
  const message = bytes.subarray(start, end);
  let values = 0;
  for (let at = message.indexOf(mark); at !== -1; at = message.indexOf(mark, at)) {
    at += mark.length;
    onValue(readDigits(message, at));
    values += 1;
  }
  return values;
}

/** Where numbers of fixed width stand in a request that is built once. */
export interface Slots {
  readonly bytes: Buffer;
  readonly at: readonly number[];
}

/** Finds where the placeholder of a sequence stands. */
export function slotsIn(bytes: Buffer): Slots {
  const at: number[] = [];
  for (
    let next = bytes.indexOf(PLACEHOLDER);
    next !== -1;
    next = bytes.indexOf(PLACEHOLDER, next + 1)
  )
    at.push(next);
  return { bytes, at };
}

/** Stands for a sequence in a request that is built once. */
export const PLACEHOLDER = '9123456780';

export function fill({ bytes, at }: Slots, sequence: number): Buffer {
  for (const start of at) writeDigits(bytes, start, sequence);
  return bytes;
}

function writeDigits(bytes: Buffer, start: number, sequence: number): void {
  let rest = sequence;
  for (let at = start + DIGITS - 1; at >= start; at--) {
    const next = Math.trunc(rest / 10);
    bytes[at] = ZERO + rest - next * 10;
    rest = next;
  }
}

function readDigits(bytes: Buffer, start: number): number {
  let number = 0;
  for (let at = start; at < start + DIGITS; at++) number = number * 10 + (bytes[at] ?? 0) - ZERO;
  return number;
}
