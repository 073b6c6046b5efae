import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ENDPOINT } from '@confer/shared';
import { addressText } from './address.ts';
import { certificateName } from './certificate-name.ts';
import { clientOf } from './gate.ts';
import { type HttpAnswer, headerLines, namelessCertificate, oldVersion } from './http.ts';
import { type RequestHead, requestHead } from './request-head.ts';
import type { Peer } from './socket.ts';
import type { ListenOptions } from './transport.ts';

/** Sixteen bytes in base64. */
const WEBSOCKET_KEY_LENGTH = 24;

export function headOf({ method = 'GET', url = '/', rawHeaders }: IncomingMessage): RequestHead {
  const [, path = '/', query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  const lines: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    lines.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return requestHead(method, path, query, lines);
}

export function addressOf(request: IncomingMessage): string {
  return addressText(request.socket.remoteAddress ?? 'unknown');
}

export function peerOf(request: IncomingMessage, head: RequestHead, { gate }: ListenOptions): Peer {
  const address = addressOf(request);
  return {
    remote: addressText(address, request.socket.remotePort),
    ...clientOf(head, address, gate),
    certificateName: certificateName(request.socket),
  };
}

/** Why a request is turned away that Node would take. */
export function unfit(request: IncomingMessage, options: ListenOptions): HttpAnswer | undefined {
  // What uWebSockets.js does not speak, nobody should rely on.
  if (request.httpVersion !== '1.1') {
    options.onRefused('request');
    return oldVersion;
  }
  // safeguard: client-certificate-names-somebody
  if (options.tls?.clientCa === undefined || certificateName(request.socket) !== undefined)
    return undefined;
  // Clients that are known by their certificate need one with a name; that it is good Node has seen.
  options.onRefused('certificate');
  return namelessCertificate;
}

/** What uWebSockets.js takes for such a request. */
export function isForWebSocket(request: IncomingMessage): boolean {
  const { method, path, headers } = headOf(request);
  const key = headers.get('sec-websocket-key')?.[0] ?? '';
  return method === 'GET' && path === ENDPOINT && key.length === WEBSOCKET_KEY_LENGTH;
}

/** Node has no response for a request that asks to become something else, even where that may be ignored. */
export function responseTo(request: IncomingMessage, stream: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  stream.on('error', () => stream.destroy());
  stream.resume();
  response.once('finish', () => {
    response.detachSocket(request.socket);
    stream.end(() => stream.destroy());
  });
  return response;
}

export function respond(response: ServerResponse, answer: HttpAnswer): void {
  const headers = Object.fromEntries([...headerLines(answer), ['connection', 'close']]);
  response.writeHead(answer.status, answer.reason, headers).end(answer.text);
}

/** Node has no response for a request that asks to upgrade, only its stream. */
export function refuse(stream: Duplex, answer: HttpAnswer): void {
  const head = [`HTTP/1.1 ${answer.status} ${answer.reason}`];
  const length = Buffer.byteLength(answer.text);
  for (const [name, value] of headerLines(answer)) head.push(`${name}: ${value}`);
  head.push('connection: close', `content-length: ${length}`);
  stream.on('error', () => stream.destroy());
  stream.once('finish', () => stream.destroy());
  stream.end(`${head.join('\r\n')}\r\n\r\n${answer.text}`);
}
