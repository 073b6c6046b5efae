import {
  type Grant,
  hasLoneSurrogate,
  limits,
  type Role,
  subtreeProblem,
  verbs,
} from '@confer/shared';

/** Where roles and tokens are kept: as entries, so that they are in the order of all that is written. */
export const AUTH = '/.confer/auth';
export const ROLES = `${AUTH}/roles`;
export const TOKENS = `${AUTH}/tokens`;
/** By name, the id of the token that has it: one at most. */
export const NAMES = `${AUTH}/names`;
/** By id, the day that a token was last used. */
export const USED = `${AUTH}/used`;

/** By server, the last line of its audit at some time. */
export const AUDIT_HEADS = '/.confer/audit/heads';

/** A token as it is kept: all but its secret. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  /** Of the secret before the last rotation, which is good until `overlapUntil`. */
  readonly oldHash?: string;
  readonly overlapUntil?: number;
  readonly roles: readonly string[];
  readonly createdAt: number;
  readonly createdBy: string;
  /** Ms since the Unix epoch; `null`: never. */
  readonly expiresAt: number | null;
  readonly notBefore?: number;
  readonly note?: string;
  readonly disabled?: boolean;
}

export interface TokenProblem {
  readonly code: 'unauthenticated' | 'token_expired';
  readonly reason: string;
}

/** Why a token is of no use at a time, whoever has it; `undefined` where it is of use. */
export function tokenProblem(
  { name, disabled, expiresAt, notBefore = 0 }: TokenRecord,
  now: number,
): TokenProblem | undefined {
  // safeguard: disabled-token-is-refused
  if (disabled === true)
    return { code: 'unauthenticated', reason: `the token ${name} is disabled` };
  if (expiresAt !== null && expiresAt <= now)
    return { code: 'token_expired', reason: `the token ${name} has expired` };
  if (notBefore > now)
    return { code: 'unauthenticated', reason: `the token ${name} is not valid yet` };
  return undefined;
}

/** What names a role or a token: a segment of a path that reads well everywhere. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** Why a name cannot be one, or `undefined`. */
export function nameProblem(name: string): string | undefined {
  return NAME.test(name)
    ? undefined
    : 'a name has 1 to 64 letters, digits, ".", "_", "@" or "-", and begins with a letter or a digit';
}

/** Why a role cannot be one, or `undefined`. */
export function roleProblem({ name, allow, deny }: Role): string | undefined {
  const problem = nameProblem(name);
  if (problem !== undefined) return problem;
  for (const { verbs, on } of [...allow, ...deny]) {
    if (verbs.length === 0) return `a grant on ${on} names no verb`;
    const broken = subtreeProblem(on);
    if (broken !== undefined) return `${on}: ${broken}`;
  }
  return undefined;
}

/** `undefined` where an entry holds no role, however it came to be there. */
export function readRole(name: string, text: string): Role | undefined {
  const json = parsed(text);
  if (json === undefined || !isGrants(json.allow) || !isGrants(json.deny)) return undefined;
  const { allow, deny, note } = json;
  const role = { name, allow, deny, ...(isText(note, limits.noteBytesMax) ? { note } : {}) };
  return roleProblem(role) === undefined ? role : undefined;
}

export function roleText({ name: _, ...role }: Role): string {
  return JSON.stringify(role);
}

/** `undefined` where an entry holds no token, however it came to be there: it is nobody's, and nobody is told of it. */
export function readToken(id: string, text: string): TokenRecord | undefined {
  const json = parsed(text);
  if (json === undefined) return undefined;
  const { name, hash, roles, createdAt, createdBy, expiresAt, notBefore } = json;
  if (!isText(name, limits.nameLengthMax) || nameProblem(name) !== undefined) return undefined;
  if (typeof hash !== 'string' || !isTexts(roles, limits.rolesOfTokenMax)) return undefined;
  if (!isCount(createdAt) || !isText(createdBy, limits.nameLengthMax)) return undefined;
  if (expiresAt !== null && !isCount(expiresAt)) return undefined;
  if (notBefore !== undefined && !isCount(notBefore)) return undefined;
  const { oldHash, overlapUntil, note, disabled } = json;
  return {
    ...{ id, name, hash, roles, createdAt, createdBy, expiresAt },
    ...(typeof oldHash === 'string' && isCount(overlapUntil) ? { oldHash, overlapUntil } : {}),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(isText(note, limits.noteBytesMax) ? { note } : {}),
    // What is no plain "no" disables it.
    ...(disabled === undefined || disabled === false ? {} : { disabled: true }),
  };
}

/** `undefined` where an entry holds no day. */
export function readDay(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined;
}

export function tokenRecordText({ id: _, ...record }: TokenRecord): string {
  return JSON.stringify(record);
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** What is read is told on: no longer, and no other, than what may be said of it (`shared/src/messages`). */
function isText(json: unknown, lengthMax: number): json is string {
  return typeof json === 'string' && json.length <= lengthMax && !hasLoneSurrogate(json);
}

function isCount(json: unknown): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
}

function isTexts(json: unknown, countMax: number): json is readonly string[] {
  return (
    Array.isArray(json) &&
    json.length <= countMax &&
    json.every((text) => isText(text, limits.nameLengthMax))
  );
}

function isGrants(json: unknown): json is readonly Grant[] {
  return (
    Array.isArray(json) &&
    json.length <= limits.grantsMax &&
    json.every(
      (grant) =>
        isObject(grant) &&
        typeof grant.on === 'string' &&
        isTexts(grant.verbs, verbs.length) &&
        grant.verbs.every((verb) => verbs.some((known) => known === verb)),
    )
  );
}
