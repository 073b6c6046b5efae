import { describe, expect, it } from 'vitest';
import { addressOfBytes, addressText } from './address.ts';

describe('addresses', () => {
  it.each([
    [[127, 0, 0, 1], '127.0.0.1'],
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xa], '2001:db8::1:0:0:a'],
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7], '192.0.2.7'],
    [[], 'unknown'],
  ])('reads the bytes %j', (bytes, text) => {
    const padded = Uint8Array.from([9, ...bytes]);
    expect(addressOfBytes(padded.subarray(1))).toBe(text);
  });

  it.each([
    ['127.0.0.1', 80, '127.0.0.1:80'],
    ['::1', 80, '[::1]:80'],
    ['::ffff:192.0.2.7', 80, '192.0.2.7:80'],
    ['::1', undefined, '::1'],
  ])('shows %s with port %s', (address, port, text) => {
    expect(addressText(address, port)).toBe(text);
  });
});
