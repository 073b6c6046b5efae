import { type Operation, ProtocolError, type Role } from '@confer/shared';
import type { Policy } from '../policy.ts';
import { ADMIN, covers, type Rights } from '../rights.ts';

/** Nobody gives what they do not have: neither by an allow, nor by taking a denial away. Each throws `forbidden`. */

/** To give a role to somebody. */
export function requireAll(rights: Rights, role: Role): void {
  const { isAllowed, rule } = covers(rights, role);
  if (isAllowed) return;
  throw new ProtocolError('forbidden', `role ${role.name} gives what you do not have: ${rule}`);
}

/** To give the roles of these names, which have to be there. */
export function requireRoles(policy: Policy, rights: Rights, names: readonly string[]): void {
  for (const name of names)
    if (policy.role(name) === undefined)
      throw new ProtocolError('invalid_value', `there is no role ${name}`);
  requireHeld(policy, rights, names);
}

/**
 * To have what the roles of these names give to somebody now. One that is not there gives nothing, and one that cannot
 * be read may give everything.
 */
export function requireHeld(policy: Policy, rights: Rights, names: readonly string[]): void {
  for (const name of names) {
    const role = policy.role(name);
    if (role !== undefined) requireAll(rights, role === 'unreadable' ? ADMIN : role);
  }
}

/** To put one role in the place of another: what is denied now, and not any more then, is given. */
export function requireLoosening(
  rights: Rights,
  before: Role | 'unreadable' | undefined,
  after: Role | undefined,
): void {
  if (before === undefined) return;
  const denied = before === 'unreadable' ? ADMIN.allow : before.deny;
  const isStill = (verb: string, on: string) =>
    after?.deny.some((grant) => grant.on === on && grant.verbs.some((each) => each === verb)) ===
    true;
  const allow = denied.map(({ verbs, on }) => ({
    on,
    verbs: verbs.filter((verb) => !isStill(verb, on)),
  }));
  const { isAllowed, rule } = covers(rights, { allow });
  if (!isAllowed)
    throw new ProtocolError('forbidden', `that takes a denial away which binds you: ${rule}`);
}

export function put(path: string, value: string): Operation {
  return { type: 'put', path, value };
}
