import type { Grant } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { name as aName, array, object, text } from '../validation/argument-types.ts';
import { checkArgument, checkOptions, checkSubtree } from '../validation/arguments.ts';
import type { RightsChanged, RoleAdministration, RoleGrants } from './api.ts';
import { readAll } from './pages.ts';
import type { Requester } from './requester.ts';
import { aVerb } from './verb.ts';

/** Roles, as a client offers them: arguments checked, pages put together. */
export class Roles implements RoleAdministration {
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  async set(name: string, grants: RoleGrants, options?: WaitOptions): Promise<RightsChanged> {
    checkArgument('the name of a role', name, aName);
    checkArgument('the grants of a role', grants, object);
    checkOptions(grants, { allow: array, deny: array, note: text }, 'the grants of a role');
    const allow = checkedGrants(grants.allow);
    const deny = checkedGrants(grants.deny);
    const { note } = grants;
    const { revision } = await this.#requester.ask('authChanged', options, (id) => ({
      ...{ type: 'setRole', id, name, allow, deny, note },
    }));
    return { revision };
  }

  async remove(name: string, options?: WaitOptions): Promise<RightsChanged> {
    checkArgument('the name of a role', name, aName);
    const { revision } = await this.#requester.ask('authChanged', options, (id) => ({
      ...{ type: 'removeRole', id, name },
    }));
    return { revision };
  }

  async list(options?: WaitOptions): ReturnType<RoleAdministration['list']> {
    const ask = this.#requester.together(options);
    const { revision, items } = await readAll(async (after) => {
      const { roles, next, ...page } = await ask('roles', (id) => ({
        ...{ type: 'listRoles', id, after },
      }));
      return { revision: page.revision, items: roles, next };
    });
    return { revision, roles: items };
  }
}

function checkedGrants(
  grants: readonly Grant[] = [],
): Array<{ verbs: Grant['verbs'][number][]; on: string }> {
  return grants.map((grant) => {
    checkArgument('a grant', grant, object);
    const { verbs, on } = grant;
    checkArgument('the verbs of a grant', verbs, array);
    for (const verb of verbs) checkArgument('a verb', verb, aVerb);
    checkSubtree(on);
    return { verbs: [...verbs], on };
  });
}
