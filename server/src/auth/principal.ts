import type { Identity } from '@confer/shared';
import type { JwtPrincipal } from './jwt/claims.ts';
import { noRights, type Rights } from './rights.ts';

/** Who a session acts for, as of a policy: with another policy it is another one. */
export interface Principal {
  /** What becomes `updatedBy` and `actor`. */
  readonly name: string;
  readonly kind: Identity['kind'];
  readonly roles: readonly string[];
  readonly rights: Rights;
  /** Ms since the Unix epoch. */
  readonly expiresAt?: number;
  /** The token that it came with. */
  readonly tokenId?: string;
  /** Hashes of the secrets of that which it has shown, or was told. */
  readonly hashes?: readonly string[];
  /** What it says of itself, where others have signed it. */
  readonly signed?: Signed;
}

/** What a token that others have signed says of its principal, and the rights that its roles gave. */
export interface Signed {
  readonly jwt: JwtPrincipal;
  readonly given: Rights;
  readonly ceiling: Rights;
}

/** The same without any right: what it asked for is judged until it is done, also after its connection is over. */
export function without(principal: Principal, why: string): Principal {
  return { ...principal, roles: [], rights: noRights(why) };
}
