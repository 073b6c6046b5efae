import type { IncomingMessage, ServerResponse } from 'node:http';
import { BaseExchange, type ExchangeHost, type Opening } from './base-exchange.ts';
import type { RequestHead } from './request-head.ts';
import type { Peer } from './socket.ts';

/** How long a connection that takes nothing may stay, as in uWebSockets.js; as long as it takes anything, Node waits on. */
const STUCK_MS = 10_000;

/** An exchange over the HTTP server of Node. */
export class WsExchange extends BaseExchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    peer: Peer,
    host: ExchangeHost,
  ) {
    super(head, peer, host);
    this.#request = request;
    this.#response = response;
    const { socket } = request;
    response.on('drain', () => {
      socket.setTimeout(0);
      this.drained();
    });
    response.on('finish', () => this.sent());
    response.on('close', () => this.gone());
    // Of a request that breaks off; `close` follows.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => this.received(new Uint8Array(), true));
    request.on('data', (piece: Buffer) => this.received(piece, false));
  }

  protected override sendWhole(opening: Opening, body: Uint8Array): void {
    this.#writeHead(opening, { 'content-length': String(body.length) });
    this.#endsWithin();
    this.#response.end(body);
  }

  protected override sendBare(opening: Opening, bodyBytes: number | undefined): void {
    const length = bodyBytes === undefined ? {} : { 'content-length': String(bodyBytes) };
    this.#writeHead(opening, length);
    this.#response.end();
  }

  protected override sendHead(opening: Opening): void {
    this.#writeHead(opening, {});
  }

  protected override sendPiece(piece: Uint8Array): boolean {
    if (this.#response.write(piece)) return true;
    this.#endsWithin();
    return false;
  }

  protected override sendEnd(): void {
    this.#endsWithin();
    this.#response.end();
  }

  protected override drop(): void {
    this.#request.socket.destroy();
  }

  protected override waitingBytes(): number {
    return this.#response.writableLength;
  }

  protected override holdBody(): void {
    this.#request.pause();
  }

  protected override letBodyCome(): void {
    this.#request.resume();
  }

  #writeHead({ status, reason, lines, isLast }: Opening, more: Record<string, string>): void {
    const headers = { ...Object.fromEntries(lines), ...more };
    this.#response.writeHead(
      status,
      reason,
      isLast ? { ...headers, connection: 'close' } : headers,
    );
  }

  /** Node ends the connection when that is over, unless it has moved; it sets another time when it waits for the next request. */
  #endsWithin(): void {
    this.#request.socket.setTimeout(STUCK_MS);
  }
}
