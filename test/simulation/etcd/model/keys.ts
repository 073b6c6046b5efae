/** Any bytes as a string, one character each: compared as strings they are in etcd's order. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

export function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

/** Keys from `from` on, and before `to`; without `to`, the one key. */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
}

export function rangeOf(request: {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
}): KeyRange {
  const { key, rangeEnd } = request;
  return { from: nameOf(key), to: rangeEnd && nameOf(rangeEnd) };
}

export function isInRange(name: string, { from, to }: KeyRange): boolean {
  return to === undefined ? name === from : name >= from && name < to;
}
