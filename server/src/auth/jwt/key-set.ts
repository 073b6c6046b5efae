import type { Algorithm, Jwk, PublicKey } from './issuers.ts';

/** Makes a key ready for an algorithm; `undefined` where it does not fit. */
export type ImportKey<Key> = (key: PublicKey, algorithm: Algorithm) => Promise<Key | undefined>;

/** What one token may be tried with: each costs as much as a token. */
const TRIES_MAX = 8;

/** The public keys of an issuer, as they were at one time. Each is made ready once for each algorithm. */
export class KeySet<Key> {
  readonly #keys: readonly PublicKey[];
  readonly #import: ImportKey<Key>;
  readonly #ready = new Map<string, Promise<Key | undefined>>();

  constructor(keys: readonly PublicKey[], importKey: ImportKey<Key>) {
    this.#keys = keys;
    this.#import = importKey;
  }

  /** Whether there is a key of that id, or, without one, any key. */
  has(keyId: string | undefined): boolean {
    if (keyId === undefined) return this.#keys.length > 0;
    return this.#keys.some((key) => key.kind === 'jwk' && key.jwk.kid === keyId);
  }

  /** The keys that may have signed something. */
  async keysFor(algorithm: Algorithm, keyId: string | undefined): Promise<Key[]> {
    const fitting = [...this.#keys.entries()].filter(
      ([, key]) => isNamed(key, keyId) && isMeantFor(key, algorithm),
    );
    const ready = fitting
      .slice(0, TRIES_MAX)
      .map(([i, key]) => this.#readyKey(`${i} ${algorithm}`, key, algorithm));
    return (await Promise.all(ready)).flatMap((key) => key ?? []);
  }

  #readyKey(name: string, key: PublicKey, algorithm: Algorithm): Promise<Key | undefined> {
    const known = this.#ready.get(name) ?? this.#import(key, algorithm);
    this.#ready.set(name, known);
    return known;
  }
}

/** A key without an id may be meant by any. */
function isNamed(key: PublicKey, keyId: string | undefined): boolean {
  if (key.kind === 'pem' || keyId === undefined) return true;
  return key.jwk.kid === undefined || key.jwk.kid === keyId;
}

function isMeantFor(key: PublicKey, algorithm: Algorithm): boolean {
  if (key.kind === 'pem') return true;
  const { use, alg, key_ops: operations }: Jwk = key.jwk;
  return (
    (use === undefined || use === 'sig') &&
    (alg === undefined || alg === algorithm) &&
    (!Array.isArray(operations) || operations.includes('verify'))
  );
}
