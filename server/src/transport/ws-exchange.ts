import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '@confer/shared';
import { BaseExchange, type Opening } from './base-exchange.ts';
import type { Exchanges } from './exchanges.ts';
import type { RequestHead } from './request-head.ts';
import type { Peer } from './socket.ts';

/** How long a connection may take over so much of a body, as in uWebSockets.js. */
const BODY_MS = 10_000;
const BODY_BYTES_A_WHILE = 160 * 1024;

/** How long it may take nothing of what waits for it: Node looks that often, and ends it when it looks a second time. */
const STUCK_MS = 5_000;

interface NodeExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clock: Clock;
}

/** An exchange over the HTTP server of Node. */
export class WsExchange extends BaseExchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #bodyTimer: Timer | undefined;
  #isLast = false;
  #bodyBytes = 0;

  constructor(
    { request, response, clock }: NodeExchange,
    head: RequestHead,
    peer: Peer,
    exchanges: Exchanges,
  ) {
    super(head, peer, exchanges);
    this.#request = request;
    this.#response = response;
    this.#clock = clock;
    response.on('drain', () => {
      request.socket.setTimeout(0);
      this.drained();
    });
    response.on('finish', () => this.sent());
    response.on('close', () => this.gone());
    request.on('close', () => this.#bodyTimer?.cancel());
    // Of a request that breaks off; `close` follows.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => {
      this.#bodyTimer?.cancel();
      this.received(new Uint8Array(), true);
    });
    request.on('data', (piece: Buffer) => this.#read(piece));
    if (!this.isWhole) this.#timeBody();
  }

  /** Whether its answer ends the connection. */
  get isLast(): boolean {
    return this.#isLast || this.isTurnedAway;
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

  protected override sendEnd(isLast: boolean): void {
    const { socket } = this.#request;
    // Node would have it said before the first piece.
    if (isLast && !this.#isLast)
      this.#response.once('finish', () => socket.end(() => socket.destroy()));
    this.#isLast ||= isLast;
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
    this.#isLast = isLast;
    const headers = { ...Object.fromEntries(lines), ...more };
    this.#response.writeHead(
      status,
      reason,
      isLast ? { ...headers, connection: 'close' } : headers,
    );
  }

  #read(piece: Buffer): void {
    this.#bodyBytes += piece.length;
    if (this.#bodyBytes >= BODY_BYTES_A_WHILE) this.#timeBody();
    this.received(piece, false);
  }

  /** Also after the answer: what is read over is read no longer than that. */
  #timeBody(): void {
    this.#bodyBytes = 0;
    this.#bodyTimer?.cancel();
    // safeguard: bodies-come-at-a-pace
    this.#bodyTimer = this.#clock.setTimer(BODY_MS, () => this.#request.socket.destroy());
  }

  /** Node ends the connection when that is over, unless it has moved; it sets another time when it waits for the next request. */
  #endsWithin(): void {
    this.#request.socket.setTimeout(STUCK_MS);
  }
}
