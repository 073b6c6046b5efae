import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { atOnce } from './cooperative-steps.ts';
import { fingerprintOf } from './idempotency.ts';

function fingerprint(value: string): number {
  const operations = [{ type: 'put', path: '/a/é', value } as const];
  return atOnce(fingerprintOf({ operations, conditions: [] }));
}

describe('the fingerprint of a write', () => {
  it('S4 is the one that stores have of it already, however long its value is', () => {
    const whatOf = (value: string) => `put${value.length}/a/é`;
    for (const value of ['', 'v', 'v'.repeat(1_000)])
      expect(fingerprint(value)).toBe(crc32(whatOf(value) + value));
    for (const value of ['\u{1f600}'.repeat(501), 'ü'.repeat(40_000)])
      expect(fingerprint(value)).toBe(crc32(`"${value}${whatOf(value)}`));
  });

  it('S4 tells long values apart that differ in one character', () => {
    const value = 'v'.repeat(5_000);
    const others = [`w${value.slice(1)}`, `${value.slice(1)}w`, `${value}v`];
    expect(new Set([value, ...others].map(fingerprint)).size).toBe(4);
  });
});
