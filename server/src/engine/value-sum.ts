import { crc32 } from 'node:zlib';

const QUOTE = '"';
const QUOTE_SUM = crc32(QUOTE);

/** The fingerprint of a request asks for the sum of a value, and then the row of it does: a pass over a long one counts. */
let lastValue = '';
let lastSum = QUOTE_SUM;

/** The CRC-32 of a quote and a value behind it, as JSON has them where nothing is escaped. */
export function openedSum(value: string): number {
  if (value === lastValue) return lastSum;
  lastSum = crc32(value, QUOTE_SUM);
  lastValue = value;
  return lastSum;
}

/** With the quote that closes it. */
export function quotedSum(value: string): number {
  return crc32(QUOTE, openedSum(value));
}
