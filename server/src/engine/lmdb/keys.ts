import { orderKey, ROOT } from '@confer/shared';

/** How keys become bytes, in the shape that lmdb-js asks for. LMDB compares them byte by byte. */
export interface KeyCodec<Key> {
  writeKey(key: Key, target: Buffer, start: number): number;
  readKey(source: Buffer, start: number, end: number): Key;
}

const SLASH = 0x2f;

/**
 * A path as the UTF-8 of its `orderKey`, so that the order of the bytes is the order of the tree.
 * The bounds of a range, which are `orderKey`s already, are written as they are. The loop is there
 * because most paths are ASCII, and it takes half the time of the calls that it stands for.
 */
export const pathKey: KeyCodec<string> = {
  writeKey(path, target, start) {
    for (let i = 0; i < path.length; i++) {
      const unit = path.charCodeAt(i);
      if (unit > 0x7f) return textKey.writeKey(orderKey(path), target, start);
      target[start + i] = unit === SLASH ? 1 : unit;
    }
    return start + path.length;
  },
  // In place, in the bytes that lmdb-js copied the key to: to replace in the string takes three times as long.
  readKey(source, start, end) {
    for (let i = start; i < end; i++) if (source[i] === 1) source[i] = SLASH;
    return start === end ? ROOT : textKey.readKey(source, start, end);
  },
};

export const textKey: KeyCodec<string> = {
  writeKey: (key, target, start) => start + target.write(key, start, 'utf8'),
  readKey: (source, start, end) => source.toString('utf8', start, end),
};

/** Eight bytes, the highest first. */
export const revisionKey: KeyCodec<number> = {
  writeKey(revision, target, start) {
    target.writeUInt32BE(Math.floor(revision / 2 ** 32), start);
    return target.writeUInt32BE(revision % 2 ** 32, start + 4);
  },
  readKey: (source, start) => source.readUInt32BE(start) * 2 ** 32 + source.readUInt32BE(start + 4),
};

/** A path at a revision. The root, which holds nothing, stands for the place before all others of it. */
export type Place = [revision: number, path: string];

/** The revision, then the path; nothing for the root. */
export const placeKey: KeyCodec<Place> = {
  writeKey([revision, path], target, start) {
    const end = revisionKey.writeKey(revision, target, start);
    return path === ROOT ? end : pathKey.writeKey(path, target, end);
  },
  readKey: (source, start, end) => [
    revisionKey.readKey(source, start, start + 8),
    pathKey.readKey(source, start + 8, end),
  ],
};
