import { type Clock, ProtocolError, type Verb } from '@confer/shared';
import { decisionOf } from './authorise.ts';
import type { Authority, Caller, Verdict } from './authority.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { hashOf, isSameHash } from './hash.ts';
import type { JwtVerifier } from './jwt/jwt.ts';
import { TokenRefused } from './jwt/refusal.ts';
import type { LivePolicy } from './live-policy.ts';
import type { Policy } from './policy.ts';
import { type Principal, without } from './principal.ts';
import { type TokenRecord, tokenProblem } from './records.ts';
import { ADMIN, type Decision, RoleRights } from './rights.ts';
import { refreshedSigned, signedPrincipal } from './signed-principal.ts';
import { parseToken } from './token.ts';

/** One that is good for once, from a file that only its owner can read. */
export interface BootstrapSecret {
  readonly id: string;
  readonly hash: string;
  readonly expiresAt: number;
}

export interface AuthorityParts {
  readonly policy: LivePolicy;
  readonly clock: Clock;
  readonly failures: FailedAttempts;
  /** The token that makes the first admin, as long as there is none. */
  readonly bootstrap: () => BootstrapSecret | undefined;
  /** Knows the tokens that others have signed; missing where nobody's are believed. */
  readonly signatures?: JwtVerifier;
  /** Somebody was refused, whatever they came for. */
  readonly onRefused: (code: RefusalCode) => void;
  /** A token was good: told at most once a day for each. */
  readonly onUsed: (tokenId: string) => void;
}

/** An unknown id is compared with something, too: how long a refusal takes says nothing. */
const NOBODY = hashOf('nobody');

const BOOTSTRAP_NAME = 'bootstrap';

/** Knows callers by tokens whose hashes are in the store. */
export class TokenAuthority implements Authority {
  readonly isOn = true;
  readonly #with: AuthorityParts;

  constructor(parts: AuthorityParts) {
    this.#with = parts;
  }

  identify({ token, address }: Caller): Verdict | Promise<Verdict> {
    const { failures, signatures } = this.#with;
    if (token === undefined) return this.#refused('unauthenticated', 'no token came');
    // safeguard: who-failed-often-is-not-looked-at
    if (!failures.admits(address))
      return this.#refused('rate_limited', `too many attempts from ${address} failed`);
    if (signatures !== undefined && isSigned(token))
      return this.#judgeSigned(token, signatures).then((verdict) => this.#noted(verdict, address));
    return this.#judge(token, address);
  }

  refreshed(principal: Principal): Principal | undefined {
    const { tokenId, signed } = principal;
    if (signed !== undefined) return refreshedSigned(principal, signed, this.#policy);
    if (principal.kind === 'bootstrap')
      return this.#with.bootstrap() === undefined ? usedUp(principal) : principal;
    const token = tokenId === undefined ? undefined : this.#policy.tokens.get(tokenId);
    // safeguard: disabled-token-ends-its-sessions
    if (token === undefined || token.disabled === true) return undefined;
    const next = this.#principalOf(token, principal.hashes ?? []);
    if (next === undefined) return undefined;
    const isSame =
      next.rights === principal.rights &&
      next.name === principal.name &&
      next.expiresAt === principal.expiresAt &&
      next.roles.join() === principal.roles.join();
    return isSame ? principal : next;
  }

  check(name: string, verb: Verb, path: string): Decision | undefined {
    const token = this.#policy.tokenNamed(name);
    if (token === undefined) return undefined;
    const problem = tokenProblem(token, this.#with.clock.now());
    if (problem !== undefined) return { isAllowed: false, rule: problem.reason };
    return decisionOf(this.#policy.rightsOf(token.roles), verb, path);
  }

  get #policy(): Policy {
    return this.#with.policy.current;
  }

  /** Keys that cannot be had are nobody's fault. */
  #noted(verdict: Verdict, address: string): Verdict {
    // safeguard: bad-signature-counts-as-a-failure
    if (verdict.kind === 'refused' && verdict.error.code === 'unauthenticated')
      this.#with.failures.note(address);
    return verdict;
  }

  async #judgeSigned(token: string, signatures: JwtVerifier): Promise<Verdict> {
    try {
      const jwt = await signatures.verify(token);
      return { kind: 'known', principal: signedPrincipal(jwt, this.#policy) };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return this.#refused(error.code, error.reason);
    }
  }

  /** Only what somebody may have guessed counts: many who have one secret may come from one address. */
  #guessed(address: string, reason: string): Verdict {
    // safeguard: guess-counts-as-a-failure
    this.#with.failures.note(address);
    return this.#refused('unauthenticated', reason);
  }

  #refused(code: RefusalCode, reason: string): Verdict {
    this.#with.onRefused(code);
    const error = new ProtocolError(code, WHAT_TO_DO[code]);
    return { kind: 'refused', error, reason };
  }

  #judge(text: string, address: string): Verdict {
    const token = parseToken(text);
    if (token === undefined) return this.#guessed(address, 'what came is no token');
    const hash = hashOf(token.secret);
    const bootstrap = this.#with.bootstrap();
    if (token.id === bootstrap?.id && isSameHash(hash, bootstrap.hash))
      return forBootstrap(bootstrap);
    const record = this.#policy.tokens.get(token.id);
    const isRight = isSameHash(hash, record?.hash ?? NOBODY);
    const isOld = this.#isOverlapping(record, hash);
    const principal = isRight || isOld ? record && this.#principalOf(record, [hash]) : undefined;
    if (record === undefined || principal === undefined)
      return this.#guessed(address, `no token ${token.id} with that secret`);
    // The secret is right, so its owner may know why it is of no use.
    const problem = tokenProblem(record, this.#with.clock.now());
    if (problem !== undefined) return this.#refused(problem.code, problem.reason);
    this.#with.onUsed(record.id);
    return { kind: 'known', principal };
  }

  #isOverlapping(record: TokenRecord | undefined, hash: string): boolean {
    const isSame = isSameHash(hash, record?.oldHash ?? NOBODY);
    return isSame && (record?.overlapUntil ?? 0) > this.#with.clock.now();
  }

  /** Whoever knows secrets of a token with these hashes; `undefined` where none of them is good any more. */
  #principalOf(record: TokenRecord, hashes: readonly string[]): Principal | undefined {
    const { id, name, roles } = record;
    const expiresAt = endOf(record, hashes);
    if (expiresAt === undefined) return undefined;
    const rights = this.#policy.rightsOf(roles);
    const end = expiresAt === null ? {} : { expiresAt };
    return { name, kind: 'token', roles, rights, tokenId: id, hashes, ...end };
  }
}

/** When the last of some secrets of a token ends; `null`: never, `undefined`: they are none of it. */
function endOf(
  { hash, oldHash, overlapUntil = 0, expiresAt }: TokenRecord,
  hashes: readonly string[],
): number | null | undefined {
  if (hashes.includes(hash)) return expiresAt;
  if (oldHash === undefined || !hashes.includes(oldHash)) return undefined;
  return Math.min(overlapUntil, expiresAt ?? overlapUntil);
}

function forBootstrap({ expiresAt }: BootstrapSecret): Verdict {
  const roles = [ADMIN.name];
  const rights = new RoleRights([ADMIN]);
  return {
    kind: 'known',
    principal: { name: BOOTSTRAP_NAME, kind: 'bootstrap', roles, rights, expiresAt },
  };
}

/** As a JWT is written: three parts, of which the first is an object. */
function isSigned(token: string): boolean {
  return token.startsWith('ey') && token.split('.').length === 3;
}

/**
 * The connection that made the first admin lives on, without any right: its answer has the only copy of the token, and
 * has yet to go out when the commit of it comes out of the feed.
 */
function usedUp(principal: Principal): Principal {
  return without(principal, 'the bootstrap token was used: there is an admin');
}

const WHAT_TO_DO = {
  unauthenticated: 'this server wants a token that it knows: --token-file, or CONFER_TOKEN',
  token_expired: 'the token has expired: ask whoever made it for another one',
  unavailable: 'the keys of who signed the token cannot be had now; come back later',
  rate_limited: 'too many attempts from this address failed; wait a minute',
} as const;

type RefusalCode = keyof typeof WHAT_TO_DO;
