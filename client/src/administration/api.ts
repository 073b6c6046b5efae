import type {
  Grant,
  Identity,
  Role,
  ServerFigures,
  SessionItem,
  Subscriber,
  TokenInfo,
  Verb,
} from '@confer/shared';
import type { WaitOptions } from '../api.ts';

/** Whether somebody may do something. */
export interface RightQuestion {
  /** The name of a token. Without it, the one who asks; about others, it takes an admin. */
  readonly principal?: string;
  readonly verb: Verb;
  /** All of this subtree. */
  readonly path: string;
}

export interface RightAnswer {
  readonly allowed: boolean;
  /** The rule that decides, in words for people. */
  readonly rule: string;
}

/** What a role gives and denies; missing is nothing. */
export interface RoleGrants {
  readonly allow?: readonly Grant[];
  readonly deny?: readonly Grant[];
  readonly note?: string;
}

export interface NewToken {
  /** What becomes `updatedBy` and `actor`: 1 to 64 letters, digits, `.`, `_`, `@` or `-`. */
  readonly name: string;
  readonly roles: readonly string[];
  /** In ms since the Unix epoch; `null` is never, which has to be said. */
  readonly expiresAt: number | null;
  /** Refused before, in ms since the Unix epoch. */
  readonly notBefore?: number;
  readonly note?: string;
}

/** A token with its secret. The server keeps a hash of it: this is the only time that it is shown. */
export interface MadeToken {
  /** From which it holds. */
  readonly revision: number;
  readonly token: string;
  readonly info: TokenInfo;
}

export interface Rotation {
  /** How long the secret before is good, too: 30 days at most. Default 0, which ends it and what is connected by it at once. */
  readonly overlapMs?: number;
  /** Default: as it was. */
  readonly expiresAt?: number | null;
}

/** What is missing stays as it is. */
export interface TokenChanges {
  /** `true` ends its connections at once. */
  readonly disabled?: boolean;
  readonly roles?: readonly string[];
  readonly expiresAt?: number | null;
  readonly note?: string;
}

/** The revision from which a change of rights holds. */
export interface RightsChanged {
  readonly revision: number;
}

/**
 * Roles. All of it needs the right `admin`, and nobody gives what they do not have. Asked again after a lost
 * connection, `remove` may say that there is none (`invalid_value`), because it is gone already.
 */
export interface RoleAdministration {
  /** Makes a role, or puts it in the place of the one that has its name. */
  set(name: string, grants: RoleGrants, options?: WaitOptions): Promise<RightsChanged>;
  /** Tokens that name it lose what it gave. */
  remove(name: string, options?: WaitOptions): Promise<RightsChanged>;
  /** All of them, in the order of their names, as of the revision of the last change. */
  list(
    options?: WaitOptions,
  ): Promise<{ readonly revision: number; readonly roles: readonly Role[] }>;
}

/**
 * Tokens, each named by its id or its name. All of it needs the right `admin`. `create` and `rotate` make a secret,
 * so they are not sent again where the connection is lost before their answer: they fail with `outcome_unknown`,
 * and `list` says what became of them. Nor does a timeout say that nothing was made.
 */
export interface TokenAdministration {
  create(token: NewToken, options?: WaitOptions): Promise<MadeToken>;
  /** Gives a token another secret. */
  rotate(token: string, rotation?: Rotation, options?: WaitOptions): Promise<MadeToken>;
  update(token: string, changes: TokenChanges, options?: WaitOptions): Promise<RightsChanged>;
  /** Its connections end at once. */
  remove(token: string, options?: WaitOptions): Promise<RightsChanged>;
  /** All of them, in the order of their names, without their secrets. */
  list(
    options?: WaitOptions,
  ): Promise<{ readonly revision: number; readonly tokens: readonly TokenInfo[] }>;
}

/** Which sessions: those that all of it fits. */
export interface SessionsQuery {
  /** With a watch that meets this subtree, and of their watches only those that do. */
  readonly path?: string;
  /** That act for this principal. */
  readonly principal?: string;
  /** Whose client calls itself so. */
  readonly client?: string;
}

export interface Sessions {
  /** Of the server. */
  readonly revision: number;
  readonly sessions: readonly SessionItem[];
}

/** How a server does and who is connected to it. All of it is of the server that answers: of a cluster, of one gateway. */
export interface OperationAdministration {
  /** Who watches a subtree or reports how far it has come with it. Needs `operate` and `read` there. */
  subscribers(path: string, options?: WaitOptions): Promise<Subscribers>;
  /**
   * Who is connected, in the order they came. Needs `operate` on the path, and on `/` without one. It is read in pages,
   * each as of when it is read.
   */
  sessions(query?: SessionsQuery, options?: WaitOptions): Promise<Sessions>;
  /** Those for whom the most bytes wait, and then those who are furthest behind: 100 at most. Needs `operate` on `/`. */
  slowestSessions(count: number, options?: WaitOptions): Promise<Sessions>;
  /** What it has counted and measured. Needs `operate` on `/`. */
  figures(options?: WaitOptions): Promise<ServerFigures>;
}

/** Who may do what on a server, as its clients see and change it, and how it does. */
export interface Administration extends OperationAdministration {
  /** Who the connection acts for, and what that one may do. */
  whoami(options?: WaitOptions): Promise<Omit<Identity, 'type' | 'id'>>;
  checkRight(question: RightQuestion, options?: WaitOptions): Promise<RightAnswer>;
  readonly roles: RoleAdministration;
  readonly tokens: TokenAdministration;
}

export interface Subscribers {
  /** Of the server. */
  readonly revision: number;
  readonly subscribers: readonly Subscriber[];
}
