import * as v from '../schema.ts';
import { grant, role, tokenInfo } from './auth-parts.ts';
import { count, name, requestNumber, text } from './parts.ts';

export const renewed = v.object({
  type: v.literal('renewed'),
  id: requestNumber,
  /** How long the new one holds. */
  expiresInMs: v.exactOptional(count),
});

const granted = { allow: v.array(grant), deny: v.array(grant) };

/** Who the connection acts for. */
export const identity = v.object({
  type: v.literal('identity'),
  id: requestNumber,
  /** What becomes `updatedBy` and `actor`. */
  principal: text,
  kind: v.picklist(['anyone', 'token', 'jwt', 'bootstrap']),
  roles: v.array(name),
  /** Of all its roles, of which each may have as many as a role may. */
  ...granted,
  /** Each of these has to allow it, too: the ceiling of an issuer, and what a signed token says of itself. */
  within: v.exactOptional(v.array(v.object(granted))),
  expiresAt: v.exactOptional(count),
});

export const rightChecked = v.object({
  type: v.literal('rightChecked'),
  id: requestNumber,
  allowed: v.boolean(),
  /** The rule that decides, in words. */
  rule: text,
});

/** The policy is another from `revision` on. */
export const authChanged = v.object({
  type: v.literal('authChanged'),
  id: requestNumber,
  revision: count,
});

export const roles = v.object({
  type: v.literal('roles'),
  id: requestNumber,
  revision: count,
  roles: v.array(role),
  /** Where the next page continues; absent on the last one. */
  next: v.exactOptional(name),
});

export const tokenMade = v.object({
  type: v.literal('tokenMade'),
  id: requestNumber,
  revision: count,
  /** With its secret: this is the only time that it is shown. */
  token: text,
  info: tokenInfo,
});

export const tokens = v.object({
  type: v.literal('tokens'),
  id: requestNumber,
  revision: count,
  tokens: v.array(tokenInfo),
  next: v.exactOptional(name),
});

/** The reader may not read the subtree any more, from `revision` on. The watch has ended. */
export const revoked = v.object({ type: v.literal('revoked'), watch: name, revision: count });

export type Identity = v.InferOutput<typeof identity>;
export type TokenInfo = v.InferOutput<typeof tokenInfo>;
export type Revoked = v.InferOutput<typeof revoked>;
