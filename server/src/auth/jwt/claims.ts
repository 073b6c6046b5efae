import { hasLoneSurrogate, limits, subtreeProblem } from '@confer/shared';
import type { Issuer } from './issuers.ts';
import { TokenRefused } from './refusal.ts';
import type { Claims } from './token-shape.ts';

/** Who a token names, and what its issuer and it allow. */
export interface JwtPrincipal {
  /** `<name of the issuer>:<principal claim>`. */
  readonly name: string;
  /** The name of the issuer, as it is configured. */
  readonly issuer: string;
  readonly roles: readonly string[];
  readonly ceiling: string;
  /** The subtrees that it may not leave, whatever its roles are. Missing: it is not narrowed. */
  readonly narrowing?: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** When it is nobody any more, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** Tells tokens apart, without being one. */
  readonly tokenHash: string;
}

const NARROWING_PATHS_MAX = 100;
/** What a line of a log would be torn by, or a name pretend to be another with. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** What is asked of the claims of a token beside its signature. */
export interface ClaimRules {
  readonly issuer: Issuer;
  readonly now: number;
  /** How far away the end of a token may be. */
  readonly lifetimeMaxMs: number;
}

/** Holds claims whose signature is good against what their issuer may say. Throws a `TokenRefused`. */
export function principalOfClaims(
  claims: Claims,
  tokenHash: string,
  { issuer, now, lifetimeMaxMs }: ClaimRules,
): JwtPrincipal {
  requireAudience(claims.get('aud'), issuer.audience);
  const leewayMs = issuer.leewaySeconds * 1_000;
  const expiresAt = timeOf(claims, 'exp');
  if (expiresAt === undefined) throw new TokenRefused('no exp');
  if (expiresAt - now > lifetimeMaxMs + leewayMs)
    throw new TokenRefused(`exp is more than ${lifetimeMaxMs / 3_600_000} h away`);
  for (const name of ['nbf', 'iat'])
    if ((timeOf(claims, name) ?? 0) > now + leewayMs)
      throw new TokenRefused(`${name} is in the future`);
  const name = nameOf(claims.get(issuer.principalClaim), issuer);
  const narrowing = narrowingOf(claims.get('confer'));
  // Last, so that whoever is told that his token is old knows that it was good.
  if (now >= expiresAt + leewayMs) throw new TokenRefused('expired', 'token_expired');
  return {
    name,
    issuer: issuer.name,
    roles: rolesOf(claims, issuer),
    ceiling: issuer.ceiling,
    ...(narrowing === undefined ? {} : { narrowing }),
    expiresAt: expiresAt + leewayMs,
    tokenHash,
  };
}

function requireAudience(audience: unknown, expected: string): void {
  const isMeant = Array.isArray(audience) ? audience.includes(expected) : audience === expected;
  if (!isMeant) throw new TokenRefused('aud is another');
}

/** Milliseconds of a claim in seconds. */
function timeOf(claims: Claims, name: string): number | undefined {
  const seconds = claims.get(name);
  if (seconds === undefined) return undefined;
  if (
    typeof seconds !== 'number' ||
    seconds < 0 ||
    !Number.isSafeInteger(Math.floor(seconds * 1_000))
  )
    throw new TokenRefused(`${name} is no time`);
  return Math.floor(seconds * 1_000);
}

function nameOf(claim: unknown, { name: issuer, principalClaim }: Issuer): string {
  if (typeof claim !== 'string' || claim === '') throw new TokenRefused(`no ${principalClaim}`);
  const name = `${issuer}:${claim}`;
  if (name.length > limits.nameLengthMax)
    throw new TokenRefused(
      `${principalClaim} makes a name over ${limits.nameLengthMax} characters`,
    );
  if (UNSEEN.test(name) || hasLoneSurrogate(name))
    throw new TokenRefused(`${principalClaim} has characters that cannot be seen`);
  return name;
}

/** Each once. What the map does not have gives nothing. */
function rolesOf(claims: Claims, { roles, roleClaim }: Issuer): string[] {
  const given = roleClaim === undefined ? undefined : claims.get(roleClaim.name);
  const values: readonly unknown[] = Array.isArray(given) ? given : [given];
  const mapped = values.flatMap((value) =>
    typeof value === 'string' ? (roleClaim?.roles.get(value) ?? []) : [],
  );
  return [...new Set([...roles, ...mapped])];
}

/** What is not understood narrows in a way that nobody would keep to, so it is refused. */
function narrowingOf(claim: unknown): JwtPrincipal['narrowing'] {
  if (claim === undefined) return undefined;
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim))
    throw new TokenRefused('confer is no object');
  const fields = new Map<string, unknown>(Object.entries(claim));
  for (const name of fields.keys())
    if (name !== 'read' && name !== 'write') throw new TokenRefused('confer has an unknown field');
  return { read: subtreesOf(fields.get('read')), write: subtreesOf(fields.get('write')) };
}

function subtreesOf(list: unknown): string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length > NARROWING_PATHS_MAX)
    throw new TokenRefused('confer has no list of paths, or too many');
  return list.map((path: unknown) => {
    if (typeof path !== 'string' || subtreeProblem(path) !== undefined)
      throw new TokenRefused('confer has what is no path');
    return path;
  });
}
