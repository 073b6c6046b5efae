import {
  type CheckRightRequest,
  type CreateTokenRequest,
  checkSubtree,
  type ListRolesRequest,
  type ListTokensRequest,
  ProtocolError,
  type RemoveRoleRequest,
  type RemoveTokenRequest,
  type Reply,
  type Role,
  type RotateTokenRequest,
  type SetRoleRequest,
  type UpdateTokenRequest,
} from '@confer/shared';
import type { Administration } from '../auth/auth.ts';
import { decisionOf, requireOverAll } from '../auth/authorise.ts';
import { NAMES, nameProblem, ROLES, TOKENS } from '../auth/records.ts';
import type { Decision } from '../auth/rights.ts';
import { audited, authEvent, refusal } from './auditing.ts';
import type { ApiContext } from './context.ts';
import { wireGrants } from './grants.ts';

export function setRole({ id, name, allow, deny, note }: SetRoleRequest, context: ApiContext) {
  const role = { name, allow, deny, ...(note === undefined ? {} : { note }) };
  return changed({ id, what: 'setRole', path: `${ROLES}/${name}` }, context, ({ roles }) =>
    roles.set(context.principal, role),
  );
}

export function removeRole({ id, name }: RemoveRoleRequest, context: ApiContext) {
  return changed({ id, what: 'removeRole', path: `${ROLES}/${name}` }, context, ({ roles }) =>
    roles.remove(context.principal, name),
  );
}

export function listRoles({ id, after }: ListRolesRequest, context: ApiContext): Reply {
  const { policy, roles } = administrationOf(context);
  const { items, next } = roles.list(after);
  const { revision } = policy.current;
  return {
    ...{ type: 'roles', id, revision, roles: items.map(wireRole) },
    ...(next === undefined ? {} : { next }),
  };
}

export function createToken(request: CreateTokenRequest, context: ApiContext) {
  const { id, name } = request;
  const path = nameProblem(name) === undefined ? `${NAMES}/${name}` : NAMES;
  return made({ id, what: 'createToken', path }, context, ({ tokens }) =>
    tokens.create(context.principal, request),
  );
}

export function rotateToken(request: RotateTokenRequest, context: ApiContext) {
  // The connection that is told the new secret does not end with the old one: it would never be told.
  const knowing = (hash: string) => {
    const { principal } = context;
    context.adopt({ ...principal, hashes: [...(principal.hashes ?? []), hash] });
  };
  return made(aboutToken(request, context), context, ({ tokens }) =>
    tokens.rotate(context.principal, request, knowing),
  );
}

export function updateToken(request: UpdateTokenRequest, context: ApiContext) {
  return changed(aboutToken(request, context), context, ({ tokens }) =>
    tokens.update(context.principal, request),
  );
}

export function removeToken(request: RemoveTokenRequest, context: ApiContext) {
  return changed(aboutToken(request, context), context, ({ tokens }) =>
    tokens.remove(context.principal, request.token),
  );
}

export function listTokens({ id, after }: ListTokensRequest, context: ApiContext): Reply {
  const { policy, tokens } = administrationOf(context);
  const { items, next } = tokens.list(after);
  const { revision } = policy.current;
  return {
    ...{ type: 'tokens', id, revision, tokens: [...items] },
    ...(next === undefined ? {} : { next }),
  };
}

/** Anybody may ask about themselves. */
export function checkRight(request: CheckRightRequest, context: ApiContext): Reply {
  const { id, principal: name, verb, path } = request;
  const { principal, service } = context;
  checkSubtree(path);
  let decision: Decision | undefined = decisionOf(principal.rights, verb, path);
  if (name !== undefined && name !== principal.name) {
    requireOverAll(principal, 'admin');
    decision = service.auth.authority.check(name, verb, path);
  }
  if (decision === undefined)
    throw new ProtocolError('invalid_value', `there is no token of the name ${name}`);
  return { type: 'rightChecked', id, allowed: decision.isAllowed, rule: decision.rule };
}

function wireRole(role: Role) {
  const { name, note } = role;
  return { name, ...wireGrants([role]), ...(note === undefined ? {} : { note }) };
}

function administrationOf({ service }: ApiContext): Administration {
  const { administration } = service.auth;
  if (administration !== undefined) return administration;
  const message = 'this server asks nobody who they are: start it with --auth on to have rights';
  throw new ProtocolError('forbidden', message);
}

/** What is asked for, for the audit. */
interface About {
  readonly id: number;
  readonly what: string;
  readonly path: string;
}

/** Who names no token may have pasted one with its secret, which nobody writes down. */
function aboutToken(
  { id, type, token }: { readonly id: number; readonly type: string; readonly token: string },
  { service }: ApiContext,
): About {
  const policy = service.auth.administration?.policy.current;
  const isKnown = policy?.tokens.has(token) === true || policy?.tokenNamed(token) !== undefined;
  return { id, what: type, path: isKnown ? `${TOKENS}/${token}` : TOKENS };
}

async function changed(
  { id, what, path }: About,
  context: ApiContext,
  change: (administration: Administration) => Promise<number>,
): Promise<Reply> {
  try {
    const administration = administrationOf(context);
    const { revision } = await audited(
      {
        about: (to) => authEvent(what, path, to, context),
        authorise: () => requireOverAll(context.principal, 'admin'),
        run: async () => ({ revision: await change(administration) }),
      },
      context,
    );
    return { type: 'authChanged', id, revision };
  } catch (error) {
    return refusal({ type: what, id }, error, context);
  }
}

async function made(
  { id, what, path }: About,
  context: ApiContext,
  make: (administration: Administration) => ReturnType<Administration['tokens']['create']>,
): Promise<Reply> {
  try {
    const administration = administrationOf(context);
    const { revision, token, info } = await audited(
      {
        about: (to) => authEvent(what, path, to, context),
        authorise: () => requireOverAll(context.principal, 'admin'),
        run: () => make(administration),
      },
      context,
    );
    return { type: 'tokenMade', id, revision, token, info };
  } catch (error) {
    return refusal({ type: what, id }, error, context);
  }
}
