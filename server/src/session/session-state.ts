import type { Timer } from '@confer/shared';
import { actorOf } from '../api/auditing.ts';
import type { ApiContext } from '../api/context.ts';
import type { AuditActor } from '../audit/events.ts';
import { type Principal, without } from '../auth/principal.ts';

/**
 *   awaiting-hello ──hello──► identifying ──known──► open ──goodbye──► leaving
 *         │                        │                 │                  │
 *         └────────────────────────┴─────────────────┴──► closed ◄──────┘
 *
 * Identifying takes no time but for tokens that others have signed. Leaving: the server stops; what was accepted is
 * still finished, shown and answered, nothing new is taken. Whose it is goes on to matter: a right may end until the end.
 */
export type State =
  | { readonly kind: 'awaiting-hello'; readonly timeout: Timer }
  | { readonly kind: 'identifying'; readonly timeout: Timer }
  | { readonly kind: 'open'; readonly context: SessionContext }
  | { readonly kind: 'leaving'; readonly context: SessionContext }
  | { readonly kind: 'closed' };

/** What its requests are done with. The principal is that of the policy that holds now. */
export type SessionContext = Omit<ApiContext, 'principal' | 'actor' | 'applied'> & {
  principal: Principal;
  actor: AuditActor;
  applied: number | undefined;
};

/** Of somebody who is known now. */
export function contextOf(
  parts: Omit<SessionContext, 'actor' | 'reports' | 'applied'>,
): SessionContext {
  const context = { ...parts, actor: actorOf(parts), reports: new Map(), applied: undefined };
  parts.service.peers.add(context);
  return context;
}

/** Its requests are done as those of a principal from now on. */
export function become(context: SessionContext, principal: Principal): void {
  context.principal = principal;
  context.actor = actorOf(context);
}

/** Its principal is nobody any more: what is under way is refused. Returns why, for the other side. */
export function disown(context: SessionContext): string {
  const problem = 'the token is not good any more';
  become(context, without(context.principal, problem));
  return problem;
}
