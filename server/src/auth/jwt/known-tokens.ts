import type { JwtPrincipal } from './claims.ts';

interface Known {
  readonly principal: JwtPrincipal;
  /** By the uptime: what was found out about it holds no longer, whatever it says itself. */
  readonly until: number;
}

/** Tokens that were believed a moment ago, by their sums; those that were not asked for the longest go first. */
export class KnownTokens {
  readonly #tokensMax: number;
  /** In the order in which they were asked for last. */
  readonly #known = new Map<string, Known>();

  constructor(tokensMax: number) {
    this.#tokensMax = tokensMax;
  }

  get(tokenHash: string, { now, uptimeMs }: { now: number; uptimeMs: number }) {
    const known = this.#known.get(tokenHash);
    if (known === undefined) return undefined;
    this.#known.delete(tokenHash);
    if (uptimeMs >= known.until || now >= known.principal.expiresAt) return undefined;
    this.#known.set(tokenHash, known);
    return known.principal;
  }

  add(principal: JwtPrincipal, until: number): void {
    this.#known.set(principal.tokenHash, { principal, until });
    if (this.#known.size <= this.#tokensMax) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
