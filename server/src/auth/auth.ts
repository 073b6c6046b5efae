import type { Clock } from '@confer/shared';
import type { Counters } from '../counters.ts';
import type { Store } from '../store/store.ts';
import { LastUsed } from './administration/last-used.ts';
import { PolicyWriter } from './administration/policy-writer.ts';
import { RoleAdministration } from './administration/roles.ts';
import { TokenAdministration } from './administration/tokens.ts';
import { type Authority, OPEN_AUTHORITY } from './authority.ts';
import { FailedAttempts } from './failed-attempts.ts';
import type { JwtVerifier } from './jwt/jwt.ts';
import { LivePolicy } from './live-policy.ts';
import type { NewSecret } from './token.ts';
import { type BootstrapSecret, TokenAuthority } from './token-authority.ts';

/** Who may do what, and who says so. */
export interface Auth {
  readonly authority: Authority;
  /** Missing where nobody is asked who they are. */
  readonly administration?: Administration;
}

export interface Administration {
  readonly policy: LivePolicy;
  readonly roles: RoleAdministration;
  readonly tokens: TokenAdministration;
}

export interface AuthParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly newId: () => string;
  readonly newSecret: NewSecret;
  readonly bootstrap: () => BootstrapSecret | undefined;
  readonly signatures?: JwtVerifier;
}

export const OPEN: Auth = { authority: OPEN_AUTHORITY };

/** Reads who may do what from a store, before anybody is served from it. */
export function openAuth(parts: AuthParts): Required<Auth> {
  const { store, clock, counters, newId, newSecret, bootstrap, signatures } = parts;
  const policy = new LivePolicy(store);
  const writer = new PolicyWriter(store, policy, newId);
  const lastUsed = new LastUsed(writer, clock);
  const authority = new TokenAuthority({
    policy,
    clock,
    failures: new FailedAttempts(clock),
    bootstrap,
    ...(signatures === undefined ? {} : { signatures }),
    onRefused: (code) => counters.count(`authFailures.${code}`),
    onUsed: (id) => lastUsed.note(id),
  });
  const roles = new RoleAdministration(writer);
  const tokens = new TokenAdministration(writer, clock, newSecret);
  return { authority, administration: { policy, roles, tokens } };
}
