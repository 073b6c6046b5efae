import { type Grant, ROOT, type Role, type Verb, verbs } from '@confer/shared';

import { GrantIndex } from './grant-index.ts';

/** Whether something may be done, and the rule that decides it, in words for people. */
export interface Decision {
  readonly isAllowed: boolean;
  readonly rule: string;
  /** The subtree of the denial that was met. */
  readonly denied?: string;
}

/** What is asked about: an entry alone, or all of a subtree. */
export type Reach = 'entry' | 'subtree';

/** What somebody may do. */
export interface Rights {
  /** Whether something is allowed anywhere, denials aside. */
  hasAny(verb: Verb): boolean;
  decide(verb: Verb, path: string, reach: Reach): Decision;
  /** The same without the words: a commit asks a hundred thousand times. */
  allows(verb: Verb, path: string, reach: Reach): boolean;
}

interface RuledGrant {
  readonly role: string;
  readonly on: string;
}

type ByVerb = Readonly<Record<Verb, GrantIndex<RuledGrant>>>;

/** Of a server that knows nobody: everybody may do everything. */
export const ALL_RIGHTS: Rights = {
  hasAny: () => true,
  decide: () => ({ isAllowed: true, rule: 'this server asks nobody who they are' }),
  allows: () => true,
};

/** Of who has no role, or one that cannot be read. */
export function noRights(rule: string): Rights {
  return {
    hasAny: () => false,
    decide: () => ({ isAllowed: false, rule }),
    allows: () => false,
  };
}

/**
 * The rights of some roles together. One rule: something may be done where one allow covers all of it, and no denial
 * of the verb meets it. A denial always wins; neither order nor length of paths means anything.
 */
export class RoleRights implements Rights {
  readonly #allow: ByVerb;
  readonly #deny: ByVerb;

  constructor(roles: readonly Role[]) {
    this.#allow = byVerb(roles, ({ allow }) => allow);
    this.#deny = byVerb(roles, ({ deny }) => deny);
  }

  hasAny(verb: Verb): boolean {
    return this.#allow[verb].meeting(ROOT) !== undefined;
  }

  decide(verb: Verb, path: string, reach: Reach): Decision {
    const denied = this.#denial(verb, path, reach);
    if (denied !== undefined) {
      const { role, on } = denied;
      return { isAllowed: false, rule: `role ${role} denies ${verb} on ${on}`, denied: on };
    }
    const allowed = this.#allow[verb].covering(path);
    if (allowed === undefined)
      return { isAllowed: false, rule: `no role allows ${verb} on all of ${path}` };
    return { isAllowed: true, rule: `role ${allowed.role} allows ${verb} on ${allowed.on}` };
  }

  allows(verb: Verb, path: string, reach: Reach): boolean {
    const isDenied = this.#denial(verb, path, reach) !== undefined;
    return !isDenied && this.#allow[verb].covering(path) !== undefined;
  }

  #denial(verb: Verb, path: string, reach: Reach): RuledGrant | undefined {
    const denials = this.#deny[verb];
    // safeguard: denial-within-a-subtree-denies-it
    return reach === 'subtree' ? denials.meeting(path) : denials.covering(path);
  }
}

/** What both allow: rights that something narrows. */
export class BothRights implements Rights {
  readonly #first: Rights;
  readonly #second: Rights;

  constructor(first: Rights, second: Rights) {
    this.#first = first;
    this.#second = second;
  }

  hasAny(verb: Verb): boolean {
    return this.#first.hasAny(verb) && this.#second.hasAny(verb);
  }

  decide(verb: Verb, path: string, reach: Reach): Decision {
    const first = this.#first.decide(verb, path, reach);
    return first.isAllowed ? this.#second.decide(verb, path, reach) : first;
  }

  allows(verb: Verb, path: string, reach: Reach): boolean {
    return this.#first.allows(verb, path, reach) && this.#second.allows(verb, path, reach);
  }
}

/**
 * Whether rights hold all that a role would give: nobody may give what they do not have. What a role denies takes
 * nothing from anybody else.
 */
export function covers(rights: Rights, { allow }: Pick<Role, 'allow'>): Decision {
  for (const { verbs, on } of allow)
    for (const verb of verbs) {
      const decision = rights.decide(verb, on, 'subtree');
      if (!decision.isAllowed) return decision;
    }
  return { isAllowed: true, rule: 'all of it is held' };
}

/** The role that every store has, so that nobody can be locked out by a change of roles. */
export const ADMIN: Role = {
  name: 'admin',
  allow: [{ verbs, on: ROOT }],
  deny: [],
  note: 'may do everything; built in',
};

function byVerb(roles: readonly Role[], of: (role: Role) => readonly Grant[]): ByVerb {
  const grants = (verb: Verb) =>
    new GrantIndex(
      roles.flatMap((role) =>
        of(role)
          .filter((grant) => grant.verbs.includes(verb))
          .map(({ on }) => ({ on, grant: { role: role.name, on } })),
      ),
    );
  return {
    read: grants('read'),
    write: grants('write'),
    release: grants('release'),
    operate: grants('operate'),
    admin: grants('admin'),
  };
}
