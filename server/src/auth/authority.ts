import { type Clock, type Hello, ProtocolError, type Verb } from '@confer/shared';
import type { Principal } from './principal.ts';
import { ALL_RIGHTS, type Decision } from './rights.ts';

/** Somebody at the door. */
export interface Caller {
  readonly token: string | undefined;
  /** What a client says of itself. */
  readonly client: Hello['client'];
  /** The address of the other side. */
  readonly address: string;
}

/** Who a caller is, or why nobody knows. */
export type Verdict =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** `reason` is for the log: it would tell a stranger how near a guess came. */
  | { readonly kind: 'refused'; readonly error: ProtocolError; readonly reason: string };

/** Knows who a caller is, and what they may do now. */
export interface Authority {
  /** Whether it asks at all. */
  readonly isOn: boolean;
  identify(caller: Caller): Verdict | Promise<Verdict>;
  /**
   * The same principal by the policy that holds now: the same object where nothing changed for it, `undefined`
   * where it is over.
   */
  refreshed(principal: Principal): Principal | undefined;
  /** Whether the principal of a name may do something; `undefined` where nobody has the name. */
  check(name: string, verb: Verb, path: string): Decision | undefined;
}

/** A verdict by the policy of now: rights may have ended since the look at a token was over (W11). */
export function asOfNow(verdict: Verdict, authority: Authority): Verdict {
  if (verdict.kind === 'refused') return verdict;
  const principal = authority.refreshed(verdict.principal);
  if (principal !== undefined) return { kind: 'known', principal };
  const reason = 'the token is not good any more';
  return { kind: 'refused', error: new ProtocolError('unauthenticated', reason), reason };
}

const ANONYMOUS = 'anonymous';

/** Of a server on loopback: everybody is who they say they are, and may do everything. */
export const OPEN_AUTHORITY: Authority = {
  isOn: false,
  identify: ({ client }) => ({
    kind: 'known',
    principal: { name: client?.name ?? ANONYMOUS, kind: 'anyone', roles: [], rights: ALL_RIGHTS },
  }),
  refreshed: (principal) => principal,
  check: (_, verb, path) => ALL_RIGHTS.decide(verb, path, 'subtree'),
};

/** Whether the time of a principal is over. */
export function isExpired({ expiresAt }: Principal, clock: Clock): boolean {
  return expiresAt !== undefined && expiresAt <= clock.now();
}
