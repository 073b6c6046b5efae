import { isUtf8 } from 'node:buffer';
import { isWithin, pathProblem } from '@confer/shared';

/** What the engine keeps beside the entries. They look like paths, so that every tool can show them. */
const RECORDS = '/.confer/c';
const HEAD = '/.confer/head';
const EPOCH = '/.confer/epoch';
const FLOOR = '/.confer/floor';
const COMPACT = '/.confer/compact';
const FENCE = '/.confer/fence';
const SIDECARS = [RECORDS, HEAD, EPOCH, FLOOR, COMPACT, FENCE];

/** What a key stands for. */
export type KeyMeaning =
  | { readonly kind: 'entry'; readonly path: string }
  /** Who made the commit of its revision, and why: there is one for each request id. */
  | { readonly kind: 'record'; readonly requestId: string }
  /** Touched by every commit, so that its version counts them. */
  | { readonly kind: 'head' }
  /** Which history this is. */
  | { readonly kind: 'epoch' }
  /** By what it would be seen that it is another one. */
  | { readonly kind: 'floor' }
  /** Up to where history was compacted. */
  | { readonly kind: 'compact' }
  /** Written so that something of a later revision comes. */
  | { readonly kind: 'fence' }
  /** Somebody else's: it is no path. */
  | { readonly kind: 'foreign' };

/** How paths and what belongs to them are named in etcd: a prefix, and the path. */
export class Keyspace {
  /** Without a slash at its end. */
  readonly prefix: string;
  readonly #prefixBytes: number;

  constructor(prefix: string) {
    this.prefix = prefix.replace(/\/+$/, '');
    this.#prefixBytes = Buffer.byteLength(this.prefix);
  }

  /** All that is Confer's, and nothing beside it. */
  get all(): { readonly key: Buffer; readonly rangeEnd: Buffer } {
    return this.below('');
  }

  keyOf(path: string): Buffer {
    return Buffer.from(this.prefix + path);
  }

  /** What lies below a path, and not the path itself: `0` is what comes after the slash (S6). */
  below(path: string): { readonly key: Buffer; readonly rangeEnd: Buffer } {
    return { key: this.keyOf(`${path}/`), rangeEnd: this.keyOf(`${path}0`) };
  }

  recordOf(requestId: string): Buffer {
    return this.keyOf(`${RECORDS}/${requestId}`);
  }

  get head(): Buffer {
    return this.keyOf(HEAD);
  }

  get epoch(): Buffer {
    return this.keyOf(EPOCH);
  }

  get floor(): Buffer {
    return this.keyOf(FLOOR);
  }

  get compact(): Buffer {
    return this.keyOf(COMPACT);
  }

  get fence(): Buffer {
    return this.keyOf(FENCE);
  }

  read(key: Uint8Array): KeyMeaning {
    const path = textOf(key.subarray(this.#prefixBytes));
    if (path === undefined) return { kind: 'foreign' };
    if (path === HEAD) return { kind: 'head' };
    if (path.startsWith(`${RECORDS}/`))
      return { kind: 'record', requestId: path.slice(RECORDS.length + 1) };
    if (path === EPOCH) return { kind: 'epoch' };
    if (path === FLOOR) return { kind: 'floor' };
    if (path === COMPACT) return { kind: 'compact' };
    if (path === FENCE) return { kind: 'fence' };
    if (path === RECORDS || pathProblem(path) !== undefined) return { kind: 'foreign' };
    return { kind: 'entry', path };
  }
}

/** The engine's own, which no entry may be at and no removal takes. */
export function isSidecar(path: string): boolean {
  return SIDECARS.some((sidecar) => isWithin(path, sidecar));
}

/** Bytes as text; `undefined` where they are none. A byte order mark is text like any other. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
