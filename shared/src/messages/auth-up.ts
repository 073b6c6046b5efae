import { limits } from '../limits.ts';
import * as v from '../schema.ts';
import { grants, note, roleNames, verb } from './auth-parts.ts';
import { count, name, requestNumber, text } from './parts.ts';

const secret = v.pipe(v.string(), v.maxLength(limits.tokenLengthMax), v.wellFormed());

/** Goes on with another token of the same principal, before the one in use expires. Answered by `renewed`. */
export const renew = v.object({ type: v.literal('renew'), id: requestNumber, token: secret });

/** Asks who the connection acts for, and what that one may do. Answered by `identity`. */
export const whoami = v.object({ type: v.literal('whoami'), id: requestNumber });

/** Asks whether somebody may do something, and what decides it. Answered by `rightChecked`. */
export const checkRight = v.object({
  type: v.literal('checkRight'),
  id: requestNumber,
  /** The name of a token; without it, the one who asks. */
  principal: v.exactOptional(name),
  verb,
  path: text,
});

/** Makes a role, or replaces it. Answered by `authChanged`. */
export const setRole = v.object({
  type: v.literal('setRole'),
  id: requestNumber,
  name,
  allow: grants,
  deny: grants,
  note: v.exactOptional(note),
});

/** Whose tokens name it loses what it gave. Answered by `authChanged`. */
export const removeRole = v.object({
  type: v.literal('removeRole'),
  id: requestNumber,
  name,
});

/** A page of the roles, in the order of their names. Answered by `roles`. */
export const listRoles = v.object({
  type: v.literal('listRoles'),
  id: requestNumber,
  /** Continue after this one: the `next` of the page before. */
  after: v.exactOptional(name),
});

/** Makes a token. Answered by `tokenMade`, which alone ever shows its secret. */
export const createToken = v.object({
  type: v.literal('createToken'),
  id: requestNumber,
  name,
  roles: roleNames,
  /** Ms since the Unix epoch; `null`: never, which has to be said. */
  expiresAt: v.nullable(count),
  notBefore: v.exactOptional(count),
  note: v.exactOptional(note),
});

/** Gives a token another secret. The old one is good for `overlapMs` more. Answered by `tokenMade`. */
export const rotateToken = v.object({
  type: v.literal('rotateToken'),
  id: requestNumber,
  token: name,
  overlapMs: count,
  expiresAt: v.exactOptional(v.nullable(count)),
});

/** Changes what a token says, or ends its sessions by disabling it. Answered by `authChanged`. */
export const updateToken = v.object({
  type: v.literal('updateToken'),
  id: requestNumber,
  token: name,
  disabled: v.exactOptional(v.boolean()),
  roles: v.exactOptional(roleNames),
  expiresAt: v.exactOptional(v.nullable(count)),
  note: v.exactOptional(note),
});

/** Answered by `authChanged`. */
export const removeToken = v.object({
  type: v.literal('removeToken'),
  id: requestNumber,
  token: name,
});

/** The same of the tokens. Answered by `tokens`. */
export const listTokens = v.object({
  type: v.literal('listTokens'),
  id: requestNumber,
  after: v.exactOptional(name),
});

export type RenewRequest = v.InferOutput<typeof renew>;
export type WhoamiRequest = v.InferOutput<typeof whoami>;
export type CheckRightRequest = v.InferOutput<typeof checkRight>;
export type SetRoleRequest = v.InferOutput<typeof setRole>;
export type RemoveRoleRequest = v.InferOutput<typeof removeRole>;
export type ListRolesRequest = v.InferOutput<typeof listRoles>;
export type CreateTokenRequest = v.InferOutput<typeof createToken>;
export type RotateTokenRequest = v.InferOutput<typeof rotateToken>;
export type UpdateTokenRequest = v.InferOutput<typeof updateToken>;
export type RemoveTokenRequest = v.InferOutput<typeof removeToken>;
export type ListTokensRequest = v.InferOutput<typeof listTokens>;
