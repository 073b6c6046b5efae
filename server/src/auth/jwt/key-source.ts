import type { Clock } from '@confer/shared';
import type { Log } from '../../log.ts';
import { type Fetch, fetchKeys } from './fetch-keys.ts';
import type { PublicKey } from './issuers.ts';
import { type ImportKey, KeySet } from './key-set.ts';
import { TokenRefused } from './refusal.ts';

/** So long keys are taken as they were fetched: a key that its issuer has withdrawn is good for no longer. */
const FRESH_MS = 600_000;
/** And so long where the issuer cannot be reached. Then nobody is let in any more. */
const STALE_MS = 3_600_000;
/** The issuer is asked no more often, whatever tokens come. */
const ASK_MS = 30_000;
/** Tokens that wait for the keys of one issuer. */
const WAITING_MAX = 256;

/** Keys, and for how long what was found out with them holds. */
export interface KnownKeys<Key> {
  readonly keys: KeySet<Key>;
  readonly forMs: number;
}

/** Where the keys of an issuer come from. */
export interface KeySource<Key> {
  /** Rejects with a `TokenRefused`. */
  keysFor(keyId: string | undefined): Promise<KnownKeys<Key>>;
}

/** Keys that are in the configuration. */
export class FixedKeys<Key> implements KeySource<Key> {
  readonly #known: KnownKeys<Key>;

  constructor(keys: readonly PublicKey[], importKey: ImportKey<Key>) {
    this.#known = { keys: new KeySet(keys, importKey), forMs: Number.POSITIVE_INFINITY };
  }

  async keysFor(): Promise<KnownKeys<Key>> {
    return this.#known;
  }
}

export interface FetchedKeysOptions<Key> {
  /** For the log. */
  readonly name: string;
  readonly uri: string;
  readonly importKey: ImportKey<Key>;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Ages are counted by it, so that a clock that is set back makes no key live longer. */
  readonly uptimeMs: () => number;
  readonly log: Log;
}

/**
 * Keys that their issuer publishes under a URL. They are fetched when a token needs them: when there are none, when they
 * are ten minutes old, or when one has an id that is not among them; one fetch at a time, and one in thirty
 * seconds. So a new key works with its first token, an old one ends within ten minutes, and whoever
 * makes up ids makes nobody ask more often.
 */
export class FetchedKeys<Key> implements KeySource<Key> {
  readonly #options: FetchedKeysOptions<Key>;
  #set: { readonly keys: KeySet<Key>; readonly fetchedAt: number } | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #waiting = 0;
  #isFailing = false;

  constructor(options: FetchedKeysOptions<Key>) {
    this.#options = options;
  }

  async keysFor(keyId: string | undefined): Promise<KnownKeys<Key>> {
    if (!this.#isEnough(keyId)) await this.#ask();
    const set = this.#set;
    const ageMs = set === undefined ? STALE_MS : this.#options.uptimeMs() - set.fetchedAt;
    if (set === undefined || ageMs >= STALE_MS) {
      // Let go of them: nothing may use them any more.
      this.#set = undefined;
      throw new TokenRefused('the keys of the issuer cannot be fetched', 'unavailable');
    }
    const freshForMs = Math.max(FRESH_MS - ageMs, ASK_MS);
    return { keys: set.keys, forMs: Math.min(freshForMs, STALE_MS - ageMs) };
  }

  #isEnough(keyId: string | undefined): boolean {
    const set = this.#set;
    if (set === undefined) return false;
    return this.#options.uptimeMs() - set.fetchedAt < FRESH_MS && set.keys.has(keyId);
  }

  /** Resolves once the keys are as new as they may be now. */
  async #ask(): Promise<void> {
    const now = this.#options.uptimeMs();
    if (this.#asking === undefined) {
      if (now - this.#askedAt < ASK_MS) return;
      this.#askedAt = now;
      this.#asking = this.#fetch().finally(() => {
        this.#asking = undefined;
      });
    }
    if (this.#waiting >= WAITING_MAX)
      throw new TokenRefused('too many tokens wait for the keys of the issuer', 'rate_limited');
    this.#waiting++;
    try {
      await this.#asking;
    } finally {
      this.#waiting--;
    }
  }

  async #fetch(): Promise<void> {
    const { name, uri, fetch, clock, uptimeMs, log, importKey } = this.#options;
    try {
      const keys = await fetchKeys(uri, fetch, clock);
      this.#set = { keys: new KeySet(keys, importKey), fetchedAt: uptimeMs() };
      if (this.#isFailing) log('info', `the keys of the issuer ${name} can be fetched again`);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        log('error', `the keys of the issuer ${name} cannot be fetched: ${reasonOf(error)}`);
      this.#isFailing = true;
    }
  }
}

/** Node says of a fetch only that it failed, and puts why into its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
