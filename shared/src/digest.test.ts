import { describe, expect, it } from 'vitest';
import { Digest } from './digest.ts';

/**
 * The digest once more, written from section 8 of PROTOCOL.md over the encoded bytes with big
 * integers, the way a client in another language would do it.
 */
function digestByTheBook(entries: readonly (readonly [string, number])[]): string {
  const mask = 0xffffffffn;
  const half = (basis: bigint) => {
    let sum = 0n;
    for (const [path, modRevision] of entries) {
      let h = basis;
      for (const byte of new TextEncoder().encode(`${path}\0${modRevision}`))
        h = ((h ^ BigInt(byte)) * 0x01000193n) & mask;
      h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
      h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
      sum = (sum + (h ^ (h >> 16n))) & mask;
    }
    return sum.toString(16).padStart(8, '0');
  };
  return half(0x811c9dc5n) + half(0x01000193n);
}

function digestOf(entries: readonly (readonly [string, number])[]): Digest {
  const digest = new Digest();
  for (const [path, modRevision] of entries) digest.add(path, modRevision);
  return digest;
}

const ENTRIES: readonly (readonly [string, number])[] = [
  ['/a', 1],
  ['/shop/db/pool', 813],
  ['/größe', 2],
  ['/日本/\uffff', 2 ** 32],
  ['/\u{1f600}/\u{10ffff}', Number.MAX_SAFE_INTEGER],
  ['/\u007f\u0080\u07ff\u0800', 0],
];

describe('Digest (W7)', () => {
  it.each(ENTRIES)('of %j at %d is what the protocol says', (path, modRevision) => {
    expect(digestOf([[path, modRevision]]).toString()).toBe(digestByTheBook([[path, modRevision]]));
  });

  it('of many entries is what the protocol says', () => {
    expect(digestOf(ENTRIES).toString()).toBe(digestByTheBook(ENTRIES));
  });

  it('never changes: peers of other versions compute it too', () => {
    expect(digestOf([]).toString()).toBe('0000000000000000');
    expect(digestOf([['/a', 1]]).toString()).toBe('6621a27e269e0fd6');
    expect(digestOf([['/shop/db/pool', 813]]).toString()).toBe('af3b30239a023bc7');
    expect(digestOf(ENTRIES).toString()).toBe('c8d581ff220ee96d');
  });

  it('does not depend on the order', () => {
    expect(digestOf([...ENTRIES].reverse()).toString()).toBe(digestOf(ENTRIES).toString());
  });

  it('kept up by changes equals the one made from scratch', () => {
    const digest = digestOf(ENTRIES);
    digest.remove('/a', 1);
    digest.add('/a', 900);
    digest.remove('/größe', 2);
    digest.add('/new', 901);
    const now = [
      ...ENTRIES.filter(([path]) => path !== '/a' && path !== '/größe'),
      ['/a', 900] as const,
      ['/new', 901] as const,
    ];
    expect(digest.toString()).toBe(digestOf(now).toString());
  });

  it('is empty again when all has gone', () => {
    const digest = digestOf(ENTRIES);
    for (const [path, modRevision] of ENTRIES) digest.remove(path, modRevision);
    expect(digest.toString()).toBe('0000000000000000');
  });

  it('tells another revision, another path and a move of a digit across the border', () => {
    const digests = new Set(
      [
        ['/a', 1],
        ['/a', 2],
        ['/b', 1],
        ['/a1', 1],
        ['/a', 11],
      ].map(([path, revision]) => digestOf([[String(path), Number(revision)]]).toString()),
    );
    expect(digests.size).toBe(5);
  });

  it('merges with the digest of other entries, and reads back what it wrote', () => {
    const [first, ...rest] = ENTRIES;
    const digest = digestOf(first === undefined ? [] : [first]);
    digest.merge(Digest.parse(digestOf(rest).toString()));
    expect(digest.toString()).toBe(digestOf(ENTRIES).toString());
  });
});
