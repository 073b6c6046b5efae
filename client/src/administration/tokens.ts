import type { Request, Unsent } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import {
  type ArgumentType,
  name as aName,
  array,
  count,
  flag,
  object,
  text,
} from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import type {
  MadeToken,
  NewToken,
  RightsChanged,
  Rotation,
  TokenAdministration,
  TokenChanges,
} from './api.ts';
import { readAll } from './pages.ts';
import type { Requester } from './requester.ts';

/** When a token expires: missing is no answer, because never has to be said. */
const anExpiry: ArgumentType = [
  'a time in ms since the Unix epoch, or null for never',
  (value) => value === null || count[1](value),
];

/** Tokens, as a client offers them: arguments checked, pages put together. */
export class Tokens implements TokenAdministration {
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  async create(token: NewToken, options?: WaitOptions): Promise<MadeToken> {
    checkArgument('a token', token, object);
    const { name, roles, expiresAt, notBefore, note } = token;
    checkArgument('token.name', name, aName);
    checkRoles(roles);
    checkArgument('token.expiresAt', expiresAt, anExpiry);
    checkOptions(token, { notBefore: count, note: text }, 'token');
    return this.#make(
      options,
      (id) => ({ type: 'createToken', id, name, roles, expiresAt, notBefore, note }),
      lossOf(`whether the token ${name} was made`, 'remove it where it was, and make it again'),
    );
  }

  async rotate(token: string, rotation: Rotation = {}, options?: WaitOptions): Promise<MadeToken> {
    checkToken(token);
    checkOptions(rotation, { overlapMs: count, expiresAt: anExpiry }, 'rotation');
    const { overlapMs = 0, expiresAt } = rotation;
    return this.#make(
      options,
      (id) => ({ type: 'rotateToken', id, token, overlapMs, expiresAt }),
      lossOf(`whether the token ${token} has another secret now`, 'rotate it once more'),
    );
  }

  async update(
    token: string,
    changes: TokenChanges,
    options?: WaitOptions,
  ): Promise<RightsChanged> {
    checkToken(token);
    checkArgument('the changes of a token', changes, object);
    const { disabled, roles, expiresAt, note } = changes;
    if (roles !== undefined) checkRoles(roles);
    checkOptions(changes, { disabled: flag, expiresAt: anExpiry, note: text }, 'changes');
    const { revision } = await this.#requester.ask('authChanged', options, (id) => ({
      ...{ type: 'updateToken', id, token, disabled, roles, expiresAt, note },
    }));
    return { revision };
  }

  async remove(token: string, options?: WaitOptions): Promise<RightsChanged> {
    checkToken(token);
    const { revision } = await this.#requester.ask('authChanged', options, (id) => ({
      ...{ type: 'removeToken', id, token },
    }));
    return { revision };
  }

  async list(options?: WaitOptions): ReturnType<TokenAdministration['list']> {
    const ask = this.#requester.together(options);
    const { revision, items } = await readAll(async (after) => {
      const { tokens, next, ...page } = await ask('tokens', (id) => ({
        ...{ type: 'listTokens', id, after },
      }));
      return { revision: page.revision, items: tokens, next };
    });
    return { revision, tokens: items };
  }

  /** Asks for a secret, which is shown once. */
  async #make(
    options: WaitOptions | undefined,
    request: (id: number) => Unsent<Request>,
    loss: ConferError,
  ): Promise<MadeToken> {
    const reply = await this.#requester.askOnce('tokenMade', options, request, loss);
    const { type: _, id: __, ...made } = reply;
    return made;
  }
}

function checkToken(token: string): void {
  checkArgument('the id or the name of a token', token, aName);
}

function checkRoles(roles: readonly string[]): void {
  checkArgument('roles', roles, array);
  for (const role of roles) checkArgument('the name of a role', role, aName);
}

/** The secret is in an answer that nobody has: sent again, the request would make another one. */
function lossOf(question: string, remedy: string): ConferError {
  return new ConferError(
    'outcome_unknown',
    `the connection was lost, and ${question} is not known: list the tokens, and ${remedy}`,
  );
}
