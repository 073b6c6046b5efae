import { ENDPOINT, SUBPROTOCOL } from '@confer/shared';
import type { ListenOptions } from './socket.ts';

/** What a request gets that does not become a WebSocket. The connection ends with it. */
export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The part of an upgrade request that decides; a header that is missing is empty. */
export interface UpgradeRequest {
  readonly path: string;
  readonly origin: string;
  /** The subprotocols that the client offers, as they came. */
  readonly protocols: string;
}

const plainText = { 'content-type': 'text/plain; charset=utf-8' };

/** The answer to a request that asks for no WebSocket. */
export function answerTo(path: string): HttpAnswer {
  if (path === '/') {
    return answer(200, 'OK', `This is a Confer server. Speak WebSocket to it, at ${ENDPOINT}.`);
  }
  if (path !== ENDPOINT) {
    return answer(404, 'Not Found', `Nothing here. Confer speaks WebSocket at ${ENDPOINT}.`);
  }
  const text = `${ENDPOINT} speaks WebSocket only, with the subprotocol ${SUBPROTOCOL}.`;
  return answer(426, 'Upgrade Required', text, { upgrade: 'websocket' });
}

/** Why a request to become a WebSocket is turned down; nothing when it is granted. */
export function refusalOf(
  request: UpgradeRequest,
  open: number,
  { allowOrigin, connectionsMax, onRefused }: ListenOptions,
): HttpAnswer | undefined {
  const { path, origin, protocols } = request;
  if (path !== ENDPOINT) return answerTo(path);
  if (open >= connectionsMax) {
    onRefused('full');
    return answer(503, 'Service Unavailable', 'This server has as many connections as it may.');
  }
  if (origin !== '' && !allowOrigin(origin)) {
    onRefused('origin');
    return answer(403, 'Forbidden', `Pages of ${origin} may not connect to this server.`);
  }
  if (protocols !== '' && !offersConfer(protocols)) {
    const text = `This server speaks the subprotocol ${SUBPROTOCOL}, not ${protocols}.`;
    return answer(400, 'Bad Request', text);
  }
  return undefined;
}

/** For upgrades on connections that were accepted before the listener stopped. */
export const notAccepting = answer(503, 'Service Unavailable', 'This server is shutting down.');

function answer(status: number, reason: string, text: string, headers = {}): HttpAnswer {
  return { status, reason, headers: { ...plainText, ...headers }, text: `${text}\n` };
}

/** The subprotocol to confirm: none to a client that offers none, for the sake of plain tools. */
export function confirmedProtocol(protocols: string): string {
  return protocols === '' ? '' : SUBPROTOCOL;
}

function offersConfer(protocols: string): boolean {
  return protocols.split(',').some((protocol) => protocol.trim() === SUBPROTOCOL);
}
