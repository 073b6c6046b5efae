import type { Grant, Identity, Role } from '@confer/shared';

/** As messages have them: lists that anybody may change, which those of roles are not. */
type WireGrant = Identity['allow'][number];

export interface WireGrants {
  allow: WireGrant[];
  deny: WireGrant[];
}

/** What roles give and deny together. */
export function wireGrants(roles: readonly Pick<Role, 'allow' | 'deny'>[]): WireGrants {
  const all = (of: 'allow' | 'deny') => roles.flatMap((role) => role[of].map(wireGrant));
  return { allow: all('allow'), deny: all('deny') };
}

function wireGrant({ verbs, on }: Grant): WireGrant {
  return { verbs: [...verbs], on };
}
