import { serverFigures, sessionItems, subscriberItems } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { count as aCount, name as aName, text } from '../validation/argument-types.ts';
import { checkArgument, checkOptions, checkSubtree } from '../validation/arguments.ts';
import type { OperationAdministration, Sessions, SessionsQuery, Subscribers } from './api.ts';
import { checked } from './checked.ts';
import { readAll } from './pages.ts';
import type { Requester } from './requester.ts';

/** What operators ask a server: who is connected to it, and how it does. */
export class Operations implements OperationAdministration {
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  async subscribers(path: string, options?: WaitOptions): Promise<Subscribers> {
    checkSubtree(path);
    const ask = this.#requester.together(options);
    const { revision, items } = await readAll(async (after) => {
      const page = await ask('subscribers', (id) => ({
        ...{ type: 'listSubscribers', id, path, after },
      }));
      return { ...page, items: checked(subscriberItems, page.items), next: page.next };
    });
    return { revision, subscribers: items };
  }

  async sessions(query: SessionsQuery = {}, options?: WaitOptions): Promise<Sessions> {
    checkOptions(query, { principal: text, client: aName }, 'query');
    if (query.path !== undefined) checkSubtree(query.path);
    return this.#sessions(query, options);
  }

  async slowestSessions(count: number, options?: WaitOptions): Promise<Sessions> {
    checkArgument('how many sessions', count, aCount);
    const { revision, sessions } = await this.#sessions({ slowest: count }, options);
    // Each page has its own.
    const slowest = [...sessions].sort(
      (a, b) => b.waitingBytes - a.waitingBytes || appliedBy(a) - appliedBy(b),
    );
    return { revision, sessions: slowest.slice(0, count) };
  }

  async figures(options?: WaitOptions): ReturnType<OperationAdministration['figures']> {
    const { figures } = await this.#requester.ask('counters', options, (id) => ({
      ...{ type: 'counters', id },
    }));
    return checked(serverFigures, figures);
  }

  async #sessions(
    { path, principal, client, slowest }: SessionsQuery & { readonly slowest?: number },
    options: WaitOptions | undefined,
  ): Promise<Sessions> {
    const ask = this.#requester.together(options);
    const { revision, items } = await readAll(async (after) => {
      const page = await ask('sessions', (id) => ({
        ...{ type: 'listSessions', id, path, principal, client, slowest, after },
      }));
      return { ...page, items: checked(sessionItems, page.items), next: page.next };
    });
    return { revision, sessions: items };
  }
}

/** Who watches nothing is behind nobody, and who has said nothing yet is not known to be. */
function appliedBy({ watchCount, applied }: Sessions['sessions'][number]): number {
  return watchCount === 0 || applied === undefined ? Number.MAX_SAFE_INTEGER : applied;
}
