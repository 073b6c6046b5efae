import { ProtocolError, type RenewRequest, type Reply, type WhoamiRequest } from '@confer/shared';
import { asOfNow, type Verdict } from '../auth/authority.ts';
import type { Principal } from '../auth/principal.ts';
import { limitsOf } from '../auth/signed-principal.ts';
import { type ApiContext, errorReply } from './context.ts';
import { wireGrants } from './grants.ts';

export function whoami({ id }: WhoamiRequest, { principal, service }: ApiContext): Reply {
  const { name, kind, roles, expiresAt, signed } = principal;
  const policy = service.auth.administration?.policy.current;
  // One that cannot be read keeps the others from giving anything.
  const isBroken = roles.some((role) => policy?.role(role) === 'unreadable');
  const held = isBroken ? [] : (policy?.rolesOf(roles) ?? []);
  const limits = signed && policy && limitsOf(signed.jwt, policy);
  return {
    ...{ type: 'identity', id, principal: name, kind, roles: [...roles], ...wireGrants(held) },
    ...(limits === undefined ? {} : { within: limits.map(wireGrants) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Goes on with another token, which must be one of the same principal: a session never becomes somebody else's. */
export function renew(request: RenewRequest, context: ApiContext): Reply | Promise<Reply> {
  const { id, token } = request;
  const { service, sink } = context;
  const { authority } = service.auth;
  const verdict = authority.identify({
    token,
    client: undefined,
    address: sink.address,
  });
  const answer = (judged: Verdict): Reply => {
    try {
      return renewed(id, judged, context);
    } catch (error) {
      return errorReply(id, error, service);
    }
  };
  if (!(verdict instanceof Promise)) return answer(verdict);
  const later = (judged: Verdict) => answer(asOfNow(judged, authority));
  return verdict.then(later, (error: unknown) => errorReply(id, error, service));
}

function renewed(id: number, verdict: Verdict, context: ApiContext): Reply {
  if (verdict.kind === 'refused') throw verdict.error;
  const { principal } = verdict;
  const { name, kind } = context.principal;
  if (principal.name !== name || principal.kind !== kind)
    throw new ProtocolError('forbidden', `the token is not one of ${name}`);
  context.adopt(principal);
  return { type: 'renewed', id, ...expiryOf(principal, context) };
}

/** How long a principal holds, as a duration: clocks differ. */
export function expiryOf(
  { expiresAt }: Principal,
  { service }: Pick<ApiContext, 'service'>,
): { readonly expiresInMs?: number } {
  return expiresAt === undefined
    ? {}
    : { expiresInMs: Math.max(0, expiresAt - service.clock.now()) };
}
