import { STATUS_CODES } from 'node:http';
import { ENDPOINT, SUBPROTOCOL } from '@confer/shared';
import type { AnswerHead, Exchange } from './exchange.ts';
import { denialOf, type Place } from './gate.ts';
import { headerOf, type RequestHead, saidBytes } from './request-head.ts';
import type { ListenOptions } from './transport.ts';

/** What a request gets that is turned away. The connection ends with it. */
export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Whatever stands in an answer is text to a browser, too, and stays in no cache. */
const plainText = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** Why a request is turned away whatever it asks for; nothing where it may come in. */
export function denialTo(
  head: RequestHead,
  peer: string,
  place: Place,
  { gate, onRefused }: ListenOptions,
): HttpAnswer | undefined {
  const denial = denialOf(head, peer, gate, place);
  if (denial === undefined) return undefined;
  onRefused(denial.why);
  return answer(denial.status, denial.text);
}

/** Why a request to become a WebSocket is turned down; nothing when it is granted. */
export function refusalOf(
  head: RequestHead,
  peer: string,
  place: Place,
  options: ListenOptions,
): HttpAnswer | undefined {
  const denial = denialTo(head, peer, place, options);
  if (denial !== undefined) return denial;
  // One reader takes what follows for a body, and another for frames.
  // safeguard: websockets-begin-without-a-body
  if (saidBytes(head) > 0) return answer(400, 'A request for a WebSocket has no body.');
  if (offersConfer(subprotocols(head))) return undefined;
  // What was offered may be a token, as some put it there, and does not come back.
  const text = `This server speaks the subprotocol ${SUBPROTOCOL}, which was not offered.`;
  return answer(400, text);
}

/** Answers where nothing else does: says what speaks here. */
export function answerPlainly(exchange: Exchange): void {
  const { status, headers, text } = answerAt(exchange.head.path);
  exchange.answer({ status, headers }, text);
}

function answerAt(path: string): HttpAnswer {
  if (path === '/') {
    return answer(200, `This is a Confer server. Speak WebSocket to it, at ${ENDPOINT}.`);
  }
  if (path !== ENDPOINT) {
    return answer(404, `Nothing here. Confer speaks WebSocket at ${ENDPOINT}.`);
  }
  const text = `${ENDPOINT} speaks WebSocket only, with the subprotocol ${SUBPROTOCOL}.`;
  return answer(426, text, { upgrade: 'websocket' });
}

export function tooLarge(bytesMax: number): HttpAnswer {
  return answer(413, `The body of this request has at most ${bytesMax} bytes.`);
}

/** For upgrades on connections that were accepted before the listener stopped. */
export const notAccepting = unavailable('This server is shutting down.');

export const full = unavailable('This server has as many connections as it may.');

/** Nobody knows when there is room; those that were turned away together should not come back together, either. */
export const crowded = unavailable(
  'Too many connections that have not said whose they are wait to come in. Come back in a few seconds.',
  { 'retry-after': '5' },
);

/** So much comes at once that there is no memory for more of it. */
export const busy = unavailable(
  'Too many requests with bodies come at once. Come back in a second.',
  {
    'retry-after': '1',
  },
);

export const oldVersion = answer(505, 'This server speaks HTTP/1.1.');

/** To a client whose certificate names nobody. */
export const namelessCertificate = answer(
  403,
  'The certificate names nobody: it needs a URI or a DNS name among its alternative names. A common name does not count.',
);

function unavailable(text: string, headers = {}): HttpAnswer {
  return answer(503, text, headers);
}

function answer(status: number, text: string, headers = {}): HttpAnswer {
  const reason = STATUS_CODES[status] ?? '';
  return { status, reason, headers: { ...plainText, ...headers }, text: `${text}\n` };
}

/** The headers of an answer as they may be written: what is no printable ASCII in a value is percent-encoded. */
export function headerLines({
  headers,
}: Pick<AnswerHead, 'headers'>): readonly (readonly [string, string])[] {
  return Object.entries(headers).map(([name, value]) => [name, headerValue(value)]);
}

/** uWebSockets.js writes a line break as it stands, and what follows would be a header of its own. */
function headerValue(text: string): string {
  // safeguard: answers-have-no-line-breaks-of-others
  const escaped = (byte: string) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, escaped);
}

/** The subprotocol to confirm: none to a client that offers none, for the sake of plain tools. */
export function confirmedProtocol(head: RequestHead): string {
  return subprotocols(head) === '' ? '' : SUBPROTOCOL;
}

function subprotocols(head: RequestHead): string {
  return headerOf(head, 'sec-websocket-protocol');
}

function offersConfer(protocols: string): boolean {
  if (protocols === '') return true;
  return protocols.split(',').some((protocol) => protocol.trim() === SUBPROTOCOL);
}
