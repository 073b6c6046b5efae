import type { Administration } from './administration/api.ts';
import { Operations } from './administration/operation.ts';
import { Requester } from './administration/requester.ts';
import { Roles } from './administration/roles.ts';
import { Tokens } from './administration/tokens.ts';
import { aVerb } from './administration/verb.ts';
import type { Client } from './api.ts';
import { name, object } from './validation/argument-types.ts';
import { checkArgument, checkOptions, checkSubtree } from './validation/arguments.ts';
import { contextOf } from './watch/context.ts';

/**
 * Who may do what, over the connection of a client: an entry of its own, so that who only reads and writes does not
 * load it.
 *
 * ```ts
 * const { roles, tokens } = administrationOf(client);
 * await roles.set('shop-writer', { allow: [{ verbs: ['read', 'write'], on: '/shop' }] });
 * const { token } = await tokens.create({ name: 'ci', roles: ['shop-writer'], expiresAt: null });
 * ```
 *
 * @throws {ConferError} `invalid_argument`, when what it is given was not made by `connect`.
 */
export function administrationOf(client: Client): Administration {
  const requester = new Requester(client, contextOf(client));
  const operations = new Operations(requester);
  return {
    async whoami(options) {
      const {
        type: _,
        id: __,
        ...identity
      } = await requester.ask('identity', options, (id) => ({
        ...{ type: 'whoami', id },
      }));
      return identity;
    },
    async checkRight(question, options) {
      checkArgument('a question', question, object);
      checkOptions(question, { principal: name }, 'question');
      const { principal, verb, path } = question;
      checkArgument('question.verb', verb, aVerb);
      checkSubtree(path);
      const { allowed, rule } = await requester.ask('rightChecked', options, (id) => ({
        ...{ type: 'checkRight', id, principal, verb, path },
      }));
      return { allowed, rule };
    },
    subscribers: (path, options) => operations.subscribers(path, options),
    sessions: (query, options) => operations.sessions(query, options),
    slowestSessions: (count, options) => operations.slowestSessions(count, options),
    figures: (options) => operations.figures(options),
    roles: new Roles(requester),
    tokens: new Tokens(requester),
  };
}

export type {
  Grant,
  Identity,
  Role,
  ServerFigures,
  SessionItem,
  SessionWatch,
  Subscriber,
  TokenInfo,
  Verb,
} from '@confer/shared';
export type {
  Administration,
  MadeToken,
  NewToken,
  OperationAdministration,
  RightAnswer,
  RightQuestion,
  RightsChanged,
  RoleAdministration,
  RoleGrants,
  Rotation,
  Sessions,
  SessionsQuery,
  Subscribers,
  TokenAdministration,
  TokenChanges,
} from './administration/api.ts';
