import type { Grant, Role } from '@confer/shared';
import type { JwtPrincipal } from './jwt/claims.ts';
import type { Policy } from './policy.ts';
import type { Principal, Signed } from './principal.ts';
import { BothRights, type Rights, RoleRights } from './rights.ts';

type Narrowing = NonNullable<JwtPrincipal['narrowing']>;

/**
 * The principal of a signed token by a policy: what its roles give, as far as the ceiling of its issuer goes, and no
 * further than the token itself says.
 */
export function signedPrincipal(jwt: JwtPrincipal, policy: Policy): Principal {
  const { name, roles, ceiling: top, narrowing, expiresAt } = jwt;
  const given = policy.rightsOf(roles);
  const ceiling = policy.rightsOf([top]);
  const both = new BothRights(given, ceiling);
  const rights = narrowing === undefined ? both : new BothRights(both, narrowed(narrowing));
  return { name, kind: 'jwt', roles, rights, expiresAt, signed: { jwt, given, ceiling } };
}

/** The same by the policy that holds now: the same object where neither its roles nor its ceiling changed. */
export function refreshedSigned(principal: Principal, signed: Signed, policy: Policy): Principal {
  const { jwt, given, ceiling } = signed;
  const isSame = policy.rightsOf(jwt.roles) === given && policy.rightsOf([jwt.ceiling]) === ceiling;
  return isSame ? principal : signedPrincipal(jwt, policy);
}

/** What its roles do not give beyond, whatever they say: the ceiling of its issuer, and what it says of itself. */
export function limitsOf(
  { ceiling, narrowing }: JwtPrincipal,
  policy: Policy,
): (readonly Role[])[] {
  const top = policy.rolesOf([ceiling]);
  return narrowing === undefined ? [top] : [top, [narrowingRole(narrowing)]];
}

function narrowed(narrowing: Narrowing): Rights {
  return new RoleRights([narrowingRole(narrowing)]);
}

function narrowingRole({ read, write }: Narrowing): Role {
  const on = (verb: 'read' | 'write', subtrees: readonly string[]): Grant[] =>
    subtrees.map((subtree) => ({ verbs: [verb], on: subtree }));
  const allow = [...on('read', read), ...on('write', write)];
  return { name: 'of the token', allow, deny: [] };
}
