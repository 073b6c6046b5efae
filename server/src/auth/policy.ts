import { nameOf, type Role } from '@confer/shared';
import {
  ROLES,
  readDay,
  readRole,
  readToken,
  TOKENS,
  type TokenRecord,
  tokenProblem,
  USED,
} from './records.ts';
import { ADMIN, noRights, type Rights, RoleRights } from './rights.ts';

/** An entry below `/.confer/auth`, or that there is none any more. */
export interface AuthChange {
  readonly path: string;
  readonly value: string | undefined;
}

/** Who may do what, as of the last revision that changed it. */
export class Policy {
  #revision = 0;
  /** A role that cannot be read is known to be there. */
  readonly #roles = new Map<string, Role | 'unreadable'>();
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #ids = new Map<string, string>();
  readonly #lastUsed = new Map<string, string>();
  /**
   * By the names of roles. The rights of those whose roles are what they were stay the same object over revisions,
   * so that nobody looks anew at ten thousand sessions whose role did not change.
   */
  readonly #rights = new Map<string, Given>();

  /** Of the last change. */
  get revision(): number {
    return this.#revision;
  }

  get roles(): ReadonlyMap<string, Role | 'unreadable'> {
    return this.#roles;
  }

  get tokens(): ReadonlyMap<string, TokenRecord> {
    return this.#tokens;
  }

  /** By the id of a token, the day of its last use. */
  get lastUsed(): ReadonlyMap<string, string> {
    return this.#lastUsed;
  }

  /** Takes the changes of a revision. Returns whether somebody's rights may be others by them. */
  apply(changes: Iterable<AuthChange>, revision: number): boolean {
    this.#revision = revision;
    let isAboutRights = false;
    for (const { path, value } of changes) {
      const name = nameOf(path);
      if (path === `${ROLES}/${name}`) this.#applyRole(name, value);
      else if (path === `${TOKENS}/${name}`) this.#applyToken(name, value);
      else {
        if (path === `${USED}/${name}`) put(this.#lastUsed, name, readDay(value));
        continue;
      }
      isAboutRights = true;
    }
    return isAboutRights;
  }

  /** What the roles of these names give together. A name that no role has gives nothing. */
  rightsOf(names: readonly string[]): Rights {
    // Names of roles that are not there may be any text.
    const key = JSON.stringify([...names].sort());
    const known = this.#rights.get(key);
    if (known !== undefined) return known.rights;
    const rights = this.#newRights(names);
    if (this.#rights.size >= RIGHTS_MAX) this.#rights.clear();
    this.#rights.set(key, { names, rights });
    return rights;
  }

  /** The role of a name. */
  role(name: string): Role | 'unreadable' | undefined {
    return name === ADMIN.name ? ADMIN : this.#roles.get(name);
  }

  /** The roles of these names, as far as they are there and can be read. */
  rolesOf(names: readonly string[]): readonly Role[] {
    return names
      .map((name) => this.role(name))
      .filter((role) => role !== undefined && role !== 'unreadable');
  }

  tokenNamed(name: string): TokenRecord | undefined {
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#tokens.get(id);
  }

  /** Whether somebody can still say who may do what. */
  hasAdmin(now: number): boolean {
    return this.anAdmin(now) !== undefined;
  }

  /** A token, but that of an id, that may say who may do what. */
  anAdmin(now: number, without?: string): TokenRecord | undefined {
    for (const token of this.#tokens.values())
      if (token.id !== without && this.isAdmin(token, now)) return token;
    return undefined;
  }

  /** Whether a token may say who may do what, now: one that is not valid yet helps nobody who is locked out. */
  isAdmin(token: TokenRecord, now: number): boolean {
    if (tokenProblem(token, now) !== undefined) return false;
    return this.rightsOf(token.roles).decide('admin', '/', 'subtree').isAllowed;
  }

  #applyRole(name: string, value: string | undefined): void {
    const role = value === undefined ? undefined : (readRole(name, value) ?? 'unreadable');
    put(this.#roles, name, role);
    // safeguard: rights-follow-their-roles
    for (const [key, { names }] of [...this.#rights])
      if (names.includes(name)) this.#rights.delete(key);
  }

  #applyToken(id: string, value: string | undefined): void {
    const before = this.#tokens.get(id);
    // Another one may have the name by now: what goes and what comes is in the order of ids.
    if (before !== undefined && this.#ids.get(before.name) === id) this.#ids.delete(before.name);
    const token = value === undefined ? undefined : readToken(id, value);
    put(this.#tokens, id, token);
    if (token !== undefined) this.#ids.set(token.name, id);
  }

  /** A role that cannot be read may have denied something: who has it may do nothing until it is mended. */
  #newRights(names: readonly string[]): Rights {
    const broken = names.find((name) => this.role(name) === 'unreadable');
    if (broken !== undefined) return noRights(`role ${broken} cannot be read, so it gives nothing`);
    const roles = this.rolesOf(names);
    return roles.length === 0 ? noRights('no role gives anything') : new RoleRights(roles);
  }
}

/** Of combinations of roles: issuers of JWTs may make many. They are cheap to make again. */
const RIGHTS_MAX = 10_000;

/** Rights, and the roles that give them together. */
interface Given {
  readonly names: readonly string[];
  readonly rights: Rights;
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
