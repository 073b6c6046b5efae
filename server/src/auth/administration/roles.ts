import { limits, ProtocolError, type Role } from '@confer/shared';
import type { Principal } from '../principal.ts';
import { ROLES, roleProblem, roleText } from '../records.ts';
import { ADMIN } from '../rights.ts';
import { put, requireAll, requireLoosening } from './granting.ts';
import { ByName, type Page } from './page.ts';
import type { PolicyWriter } from './policy-writer.ts';

/** Makes and removes roles. */
export class RoleAdministration {
  readonly #writer: PolicyWriter;
  readonly #ordered: ByName<Role>;

  constructor(writer: PolicyWriter) {
    this.#writer = writer;
    this.#ordered = new ByName(() => [
      ADMIN,
      ...[...writer.policy.roles.values()].filter((role) => role !== 'unreadable'),
    ]);
  }

  /** A page, in the order of the names. One that cannot be read is left out. */
  list(after: string | undefined): Page<Role> {
    return this.#ordered.page(this.#writer.policy.revision, after, (role) => role);
  }

  async set(principal: Principal, role: Role): Promise<number> {
    const { policy } = this.#writer;
    const problem = roleProblem(role);
    if (problem !== undefined) throw new ProtocolError('invalid_value', problem);
    requireChangeable(principal, role.name);
    const before = policy.role(role.name);
    if (before === undefined && policy.roles.size >= limits.rolesMax)
      throw new ProtocolError('too_large', `a store has at most ${limits.rolesMax} roles`);
    requireAll(principal.rights, role);
    requireLoosening(principal.rights, before, role);
    const path = `${ROLES}/${role.name}`;
    return this.#writer.write(
      principal,
      [put(path, roleText(role))],
      [this.#writer.unchanged(path)],
    );
  }

  async remove(principal: Principal, name: string): Promise<number> {
    requireChangeable(principal, name);
    const before = this.#writer.policy.role(name);
    if (before === undefined) throw new ProtocolError('invalid_value', `there is no role ${name}`);
    requireLoosening(principal.rights, before, undefined);
    const path = `${ROLES}/${name}`;
    return this.#writer.write(
      principal,
      [{ type: 'delete', path }],
      [this.#writer.unchanged(path)],
    );
  }
}

function requireChangeable({ roles }: Principal, name: string): void {
  if (name === ADMIN.name)
    throw new ProtocolError('forbidden', 'the role admin is built in, and stays as it is');
  if (roles.includes(name))
    throw new ProtocolError(
      'forbidden',
      `nobody changes a role that they have, as you have ${name}`,
    );
}
