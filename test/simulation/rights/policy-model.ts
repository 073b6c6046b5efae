import type { Change, Commit, Verb } from '@confer/shared';

interface Grant {
  readonly verbs: readonly Verb[];
  readonly on: string;
}

interface ModelRole {
  readonly allow: readonly Grant[];
  readonly deny: readonly Grant[];
}

interface ModelToken {
  readonly name: string;
  readonly roles: readonly string[];
  readonly disabled?: boolean;
}

interface AsOf {
  readonly revision: number;
  readonly roles: ReadonlyMap<string, ModelRole>;
  readonly tokens: ReadonlyMap<string, ModelToken>;
}

const ROLE = /^\/\.confer\/auth\/roles\/([^/]+)$/;
const TOKEN = /^\/\.confer\/auth\/tokens\/([^/]+)$/;
const ADMIN: ModelRole = {
  allow: [{ verbs: ['read', 'write', 'release', 'operate', 'admin'], on: '/' }],
  deny: [],
};

/** Who may do what at each revision, by the rule as it is written in PROTOCOL.md and with none of the product's code. */
export class PolicyModel {
  #asOf: AsOf[] = [{ revision: 0, roles: new Map(), tokens: new Map() }];

  take({ revision, changes }: Commit): void {
    const own = changes.filter(({ path }) => path.startsWith('/.confer/auth/'));
    const last = this.at(revision);
    if (own.length === 0) return;
    const roles = new Map(last.roles);
    const tokens = new Map(last.tokens);
    for (const change of own) {
      note(roles, ROLE, change);
      note(tokens, TOKEN, change);
    }
    this.#asOf.push({ revision, roles, tokens });
  }

  /** Whether somebody's token is of use at a revision. */
  isKnown(name: string, revision: number): boolean {
    const token = this.#tokenOf(name, revision);
    return token !== undefined && token.disabled !== true;
  }

  /** Whether somebody may do something with all of a subtree, or with an entry alone, at a revision. */
  may(name: string, verb: Verb, path: string, isEntry: boolean, revision: number): boolean {
    const { roles } = this.at(revision);
    const token = this.#tokenOf(name, revision);
    if (token === undefined || token.disabled === true) return false;
    const held = token.roles.flatMap((role) =>
      role === 'admin' ? ADMIN : (roles.get(role) ?? []),
    );
    const meets = ({ on }: Grant) => covers(on, path) || (!isEntry && covers(path, on));
    const isDenied = held.some(({ deny }) =>
      deny.some((grant) => grant.verbs.includes(verb) && meets(grant)),
    );
    if (isDenied) return false;
    return held.some(({ allow }) =>
      allow.some((grant) => grant.verbs.includes(verb) && covers(grant.on, path)),
    );
  }

  /** Revisions from one to another at which the policy changed, with the one before them. */
  revisionsIn(from: number, to: number): readonly number[] {
    const between = this.#asOf.filter(({ revision }) => revision > from && revision <= to);
    return [from, ...between.map(({ revision }) => revision)];
  }

  private at(revision: number): AsOf {
    const found = this.#asOf.findLast((each) => each.revision <= revision);
    if (found === undefined) throw new Error(`no policy at ${revision}`);
    return found;
  }

  #tokenOf(name: string, revision: number): ModelToken | undefined {
    return [...this.at(revision).tokens.values()].find((token) => token.name === name);
  }
}

function covers(on: string, path: string): boolean {
  return on === '/' || path === on || path.startsWith(`${on}/`);
}

function note<Item>(items: Map<string, Item>, pattern: RegExp, change: Change): void {
  const [, name] = pattern.exec(change.path) ?? [];
  if (name === undefined) return;
  if (change.type === 'put') items.set(name, JSON.parse(change.entry.value));
  else items.delete(name);
}
