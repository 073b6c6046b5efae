import { readFile } from 'node:fs/promises';
import type { Clock } from '@confer/shared';
import { StartError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { sha256 } from '../../sha256.ts';
import { type JwtPrincipal, principalOfClaims } from './claims.ts';
import type { Fetch } from './fetch-keys.ts';
import { InvalidField } from './field.ts';
import { type Issuer, parseIssuers } from './issuers.ts';
import { FetchedKeys, FixedKeys, type KeySource } from './key-source.ts';
import { KnownTokens } from './known-tokens.ts';
import { TokenRefused } from './refusal.ts';
import type { importKey, isSignedBy, VerifyKey } from './signatures.ts';
import { readToken, requireSize, type UncheckedToken } from './token-shape.ts';
import { Turnstile } from './turnstile.ts';

/** Finds out who a token names. */
export interface JwtVerifier {
  /** Rejects with a `TokenRefused`, whose code is for the one who brought it and whose reason is for the log. */
  verify(token: string): Promise<JwtPrincipal>;
}

export interface JwtOptions {
  /** The configuration: whose tokens are believed. */
  readonly issuersFile: string;
  readonly clock: Clock;
  /** Milliseconds that this process has run, whatever is done to the clock. */
  readonly uptimeMs: () => number;
  readonly log: Log;
  /** Default: that of Node. */
  readonly fetch?: Fetch;
  /** How far away the end of a token may be. Default: 24 hours. */
  readonly lifetimeMaxMs?: number;
}

/** What is looked at at once: each takes a quarter of a millisecond of a processor. */
const AT_ONCE_MAX = 4;
/** As many as there may be connections of which nobody knows yet whose they are: those of a deploy all wait for it. */
const WAITING_MAX = 256;
const KNOWN_MAX = 10_000;
const LIFETIME_MAX_MS = 24 * 3_600_000;

/** Reads the file of issuers. Rejects with a `StartError` that names the field that is wrong. */
export async function openJwtVerifier(options: JwtOptions): Promise<JwtVerifier> {
  const { issuersFile } = options;
  const text = await readFile(issuersFile, 'utf8').catch((error: unknown) => {
    throw new StartError('invalid', `the issuers in ${issuersFile} cannot be read`, error);
  });
  const issuers = issuersOf(issuersFile, text);
  // Loaded only where tokens of issuers are believed at all.
  const signatures = await import('./signatures.ts');
  for (const issuer of issuers) await requireKeys(issuersFile, issuer, signatures);
  return new IssuerVerifier(issuers, signatures, options);
}

function issuersOf(file: string, text: string): Issuer[] {
  try {
    return parseIssuers(text);
  } catch (error) {
    if (error instanceof InvalidField) throw new StartError('invalid', `${file}: ${error.message}`);
    throw error;
  }
}

/** A key of the configuration that can check nothing is a mistake, which would show only when somebody is refused. */
async function requireKeys(file: string, issuer: Issuer, { importKey }: Signatures): Promise<void> {
  const { name, keys, algorithms } = issuer;
  if (keys.kind === 'jwks') return;
  for (const [i, key] of keys.keys.entries()) {
    const ready = await Promise.all(algorithms.map((algorithm) => importKey(key, algorithm)));
    if (ready.every((one) => one === undefined))
      throw new StartError(
        'invalid',
        `${file}: publicKeys[${i}] of the issuer ${name} is no key for ${algorithms.join(', ')}; RSA keys have at least 2048 bits`,
      );
  }
}

interface Signatures {
  readonly importKey: typeof importKey;
  readonly isSignedBy: typeof isSignedBy;
}

class IssuerVerifier implements JwtVerifier {
  readonly #issuers: ReadonlyMap<unknown, { issuer: Issuer; source: KeySource<VerifyKey> }>;
  readonly #signatures: Signatures;
  readonly #clock: Clock;
  readonly #uptimeMs: () => number;
  readonly #lifetimeMaxMs: number;
  readonly #known = new KnownTokens(KNOWN_MAX);
  readonly #turnstile = new Turnstile(AT_ONCE_MAX, WAITING_MAX);
  /** Tokens that are looked at: many clients may come at once with the same. */
  readonly #looking = new Map<string, Promise<JwtPrincipal>>();

  constructor(
    issuers: readonly Issuer[],
    signatures: Signatures,
    { clock, uptimeMs, log, fetch = globalThis.fetch, lifetimeMaxMs }: JwtOptions,
  ) {
    this.#uptimeMs = uptimeMs;
    this.#signatures = signatures;
    this.#clock = clock;
    this.#lifetimeMaxMs = lifetimeMaxMs ?? LIFETIME_MAX_MS;
    const { importKey } = signatures;
    this.#issuers = new Map(
      issuers.map((issuer) => {
        const { name, keys } = issuer;
        const source =
          keys.kind === 'fixed'
            ? new FixedKeys(keys.keys, importKey)
            : new FetchedKeys({ name, uri: keys.uri, importKey, fetch, clock, uptimeMs, log });
        return [issuer.issuer, { issuer, source }];
      }),
    );
  }

  async verify(text: string): Promise<JwtPrincipal> {
    requireSize(text);
    const tokenHash = sha256(text);
    const now = { now: this.#clock.now(), uptimeMs: this.#uptimeMs() };
    const known = this.#known.get(tokenHash, now);
    if (known !== undefined) return known;
    const looking = this.#looking.get(tokenHash) ?? this.#look(readToken(text), tokenHash);
    this.#looking.set(tokenHash, looking);
    try {
      return await looking;
    } finally {
      this.#looking.delete(tokenHash);
    }
  }

  async #look(token: UncheckedToken, tokenHash: string): Promise<JwtPrincipal> {
    const known = this.#issuers.get(token.claims.get('iss'));
    if (known === undefined) throw new TokenRefused('iss is none that is configured');
    const { issuer, source } = known;
    const algorithm = issuer.algorithms.find((one) => one === token.algorithm);
    if (algorithm === undefined) throw new TokenRefused('alg is none that its issuer may use');
    const { keys, forMs } = await source.keysFor(token.keyId);
    await this.#turnstile.pass(async () => {
      for (const key of await keys.keysFor(algorithm, token.keyId))
        if (await this.#signatures.isSignedBy(token.text, key, algorithm)) return;
      throw new TokenRefused('no key of its issuer made its signature');
    });
    const now = this.#clock.now();
    const rules = { issuer, now, lifetimeMaxMs: this.#lifetimeMaxMs };
    const principal = principalOfClaims(token.claims, tokenHash, rules);
    this.#known.add(principal, this.#uptimeMs() + forMs);
    return principal;
  }
}
