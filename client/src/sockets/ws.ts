import type { IncomingMessage } from 'node:http';
import { SUBPROTOCOL } from '@confer/shared';
import { WebSocket } from 'ws';
import { FRAME_BYTES_MAX, failedSocket, SocketAdapter } from './adapter.ts';
import type { OpenSocket } from './socket.ts';
import { type TlsOptions, tlsProblem, tlsSettings } from './tls.ts';

/**
 * The sockets on Node, of whatever version. How long an attempt may take is up to the caller.
 * @throws {ConferError} `invalid_argument`, when `tls` has a text that is none.
 */
export function wsSockets(tls?: TlsOptions): OpenSocket {
  const settings = { perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX, ...tlsSettings(tls) };
  return (url, handlers) => {
    let ws: WebSocket;
    try {
      ws = new WebSocket(url, SUBPROTOCOL, settings);
    } catch (error) {
      return failedSocket(error, handlers);
    }
    const adapter = new SocketAdapter(
      {
        send: (frame) => ws.send(frame),
        close: (code, reason) => ws.close(code, reason),
        abandon: () => ws.terminate(),
      },
      handlers,
    );
    let failureReason: string | undefined;
    let isRefused = false;
    ws.on('open', () => adapter.opened());
    ws.on('message', (data, isBinary) => {
      if (isBinary) adapter.receivedBinary();
      else adapter.received(data.toString());
    });
    ws.on('unexpected-response', (_request, response) => {
      void answerText(response).then((text) => {
        failureReason = text;
        ws.terminate();
      });
    });
    // A second error is what the library makes of being terminated over the first.
    ws.on('error', (error) => {
      const problem = tlsProblem(error, url);
      isRefused ||= problem !== undefined;
      failureReason ??= problem ?? errorText(error, url);
    });
    ws.on('close', (code, reason) => {
      const text = reason.toString() || (failureReason ?? '');
      adapter.closed(code, text, isRefused ? 'tls_failed' : undefined);
    });
    return adapter;
  };
}

/** What is read of the text of an answer that is no WebSocket: Confer's fit a line. */
const ANSWER_LENGTH_MAX = 300;

async function answerText(response: IncomingMessage): Promise<string> {
  const { statusCode = 0, statusMessage = '' } = response;
  const answer = `server answered HTTP ${statusCode} ${statusMessage}`.trim();
  // A Confer server says in a line what is wrong; what others say to people in pages is not repeated.
  if (statusCode !== 404 && response.headers['content-type']?.startsWith('text/plain')) {
    const text = await firstLine(response).catch(() => '');
    if (text !== '') return `${answer}: ${text}`;
  }
  // Gateways in front of a Confer server answer 5xx while it is away.
  return statusCode >= 500 ? answer : `${answer} (is this a Confer server?)`;
}

async function firstLine(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > ANSWER_LENGTH_MAX || text.includes('\n')) break;
  }
  const [line = ''] = text.slice(0, ANSWER_LENGTH_MAX).split('\n');
  return line.replace(/[^\x20-\x7e]/g, ' ').trim();
}

/** A name with several addresses fails with one error for each, and no message of its own. */
function errorText(error: Error, url: string): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  }
  // A server with TLS drops whoever speaks without.
  const isDropped = error.message === 'socket hang up' && url.startsWith('ws:');
  return isDropped ? `${error.message} (a server with TLS is reached by https)` : error.message;
}
