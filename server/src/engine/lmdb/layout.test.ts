import { compareCodePoints, orderKey } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { seeded } from '../contract/rig.contract.ts';
import { subtreeRange } from '../tree-range.ts';
import { type KeyCodec, pathKey, revisionKey, type VersionKey, versionKey } from './layout.ts';

function encoded<Key>(codec: KeyCodec<Key>, key: Key): Buffer {
  const target = Buffer.alloc(4_096, 0xff);
  return target.subarray(3, codec.writeKey(key, target, 3));
}

function decoded<Key>(codec: KeyCodec<Key>, key: Key): Key {
  const bytes = encoded(codec, key);
  return codec.readKey(bytes, 0, bytes.length);
}

const ALPHABET = ['/', '/', 'a', 'b', '-', '.', '!', '~', 'é', '\u00a0', '\uffee', '\u{1f600}'];

function randomPaths(count: number): string[] {
  const random = seeded(42);
  const pick = () => ALPHABET[Math.floor(random() * ALPHABET.length)] ?? '';
  return Array.from({ length: count }, () => `/x${Array.from({ length: 6 }, pick).join('')}y`);
}

describe('path keys', () => {
  const paths = randomPaths(400);

  it('come back as they were', () => {
    for (const path of paths) expect(decoded(pathKey, path)).toBe(path);
  });

  it('are in the order of the tree, and so are the bounds of ranges', () => {
    const keys = paths.flatMap((path) => [orderKey(path), subtreeRange(path).to]);
    for (const [i, a] of keys.entries()) {
      const b = keys[(i * 7 + 1) % keys.length] ?? '';
      const order = Math.sign(Buffer.compare(encoded(pathKey, a), encoded(pathKey, b)));
      expect(order, JSON.stringify([a, b])).toBe(Math.sign(compareCodePoints(a, b)));
    }
  });

  it('are the same for a path and its order key', () => {
    for (const path of paths)
      expect(encoded(pathKey, path)).toEqual(encoded(pathKey, orderKey(path)));
  });
});

describe('revision keys', () => {
  const revisions = [0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5, 2 ** 53 - 1];

  it('come back as they were, in order', () => {
    for (const revision of revisions) expect(decoded(revisionKey, revision)).toBe(revision);
    const bytes = revisions.map((revision) => encoded(revisionKey, revision));
    expect([...bytes].reverse().sort(Buffer.compare)).toEqual(bytes);
  });
});

describe('version keys', () => {
  it('keep the versions of a path together, by revision', () => {
    const keys: VersionKey[] = [
      ['/a', 1],
      ['/a', 300],
      ['/a', 2 ** 33],
      ['/a/b', 2],
      ['/a-b', 1],
      ['/ab', 1],
      ['/é', 9],
    ];
    for (const key of keys) expect(decoded(versionKey, key)).toEqual(key);
    const bytes = keys.map((key) => encoded(versionKey, key));
    expect([...bytes].reverse().sort(Buffer.compare)).toEqual(bytes);
  });
});
