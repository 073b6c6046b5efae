import { isErrorCode, ProtocolError } from '@confer/shared';
import { asOfNow, type Verdict } from '../auth/authority.ts';
import type { Principal } from '../auth/principal.ts';
import type { Exchange } from '../transport/exchange.ts';
import { headerOf } from '../transport/request-head.ts';
import type { HttpService } from './http-service.ts';

/** RFC 6750, 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/** Whether a request says at all whose it is. */
export function saysWho({ head }: Exchange): boolean {
  return headerOf(head, 'authorization') !== '';
}

/**
 * Whose request it is, by the one authority that WebSockets are asked by, with the same bound on failures. Who comes
 * in leaves no line in the audit, as that would be one for every request; who does not, does.
 */
export async function callerOf(
  exchange: Exchange,
  session: string,
  service: HttpService,
): Promise<Principal> {
  const { authority } = service.auth;
  const { address } = exchange.peer;
  const token = tokenOf(exchange);
  const verdict = authority.identify({ token, client: undefined, address });
  const judged = verdict instanceof Promise ? asOfNow(await verdict, authority) : verdict;
  return judged.kind === 'known' ? judged.principal : refuse(judged, session, exchange, service);
}

/**
 * The token that a request says, undefined where it says nothing. Something else than a bearer's is handed on, to be
 * counted as a guess.
 */
export function tokenOf({ head }: Pick<Exchange, 'head'>): string | undefined {
  const header = headerOf(head, 'authorization');
  if (header === '') return undefined;
  return BEARER.exec(header)?.[1] ?? '';
}

function refuse(
  { error, reason }: Extract<Verdict, { kind: 'refused' }>,
  session: string,
  { peer }: Exchange,
  { auditing, counters, log }: HttpService,
): never {
  const who = { kind: 'unknown', address: peer.address, session } as const;
  // safeguard: failed-request-is-written-down
  void auditing?.audit.record({ event: 'loginFailed', outcome: 'denied', reason, who });
  log('warn', 'a request was refused', {
    ...{ session, remote: peer.remote },
    ...{ code: error.code, message: reason },
  });
  if (isErrorCode(error.code)) counters.count(`requestsRefused.${error.code}`);
  throw error.code === 'unauthenticated' ? new ProtocolError(error.code, WANTED) : error;
}

const WANTED =
  'this server wants a token that it knows, in the header "Authorization: Bearer TOKEN"';
