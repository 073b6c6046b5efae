import type { Core } from '../../../server/src/core.ts';
import { Router } from '../../../server/src/http/router.ts';
import { storeRoutes } from '../../../server/src/http/routes.ts';
import { MemoryExchange } from '../../../server/src/test-support/memory-exchange.ts';
import type { AnswerHead, AnswerStream, Exchange } from '../../../server/src/transport/exchange.ts';
import { answerPlainly } from '../../../server/src/transport/http.ts';
import { NOBODY, type Socket, type SocketHandlers } from '../../../server/src/transport/socket.ts';
import type { Requested } from './http-reader.ts';

/** Those who come by HTTP have such names: their first frame is a request, and what comes back the bytes of an answer. */
export const HTTP_READER = 'reader-';

/** Takes all who come to a core, by what they speak. */
export function hostOf(core: Core): (socket: Socket) => SocketHandlers {
  return (socket) =>
    socket.remote.startsWith(HTTP_READER) ? acceptHttp(core, socket) : core.accept(socket);
}

/** A connection by which one request comes. */
function acceptHttp(core: Core, socket: Socket): SocketHandlers {
  const router = new Router({
    routes: storeRoutes,
    service: () => core.http,
    plainly: answerPlainly,
    log: core.http.log,
  });
  let exchange: LinkExchange | undefined;
  return {
    ...NOBODY,
    onMessage: (frame) => {
      exchange = new LinkExchange(socket, JSON.parse(frame));
      router.answer(exchange);
    },
    onDrain: () => exchange?.drained(),
    onClose: () => exchange?.gone(),
  };
}

/** Pieces of an answer, so small that a cut comes anywhere. */
const PIECE_BYTES = 97;

/** An exchange over a link of the simulated network. */
class LinkExchange implements Exchange, AnswerStream {
  readonly head: Exchange['head'];
  readonly peer: Exchange['peer'];
  readonly #socket: Socket;
  #phase: 'asked' | 'streaming' | 'over' = 'asked';
  #tellGone = () => {};
  #tellDrain = () => {};

  constructor(socket: Socket, { target, headers }: Requested) {
    this.#socket = socket;
    const { head, peer } = new MemoryExchange({ target, headers });
    this.head = head;
    this.peer = peer;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  get writable(): boolean {
    return this.#phase === 'streaming' && this.#socket.writable;
  }

  onGone(told: () => void): void {
    this.#tellGone = told;
  }

  onDrain(told: () => void): void {
    this.#tellDrain = told;
  }

  readBody(): void {}

  answer(head: AnswerHead, body: string | Uint8Array = ''): void {
    const length = String(Buffer.byteLength(body));
    this.stream({ ...head, headers: { ...head.headers, 'content-length': length } });
    this.write(body);
    this.end();
  }

  stream(head: AnswerHead): AnswerStream {
    if (this.#phase !== 'asked') return this;
    this.#phase = 'streaming';
    this.#socket.send(JSON.stringify(head));
    return this;
  }

  write(piece: string | Uint8Array): void {
    if (this.#phase !== 'streaming') return;
    const bytes = Buffer.from(piece);
    // Bytes as letters, one each, as a link carries text.
    for (let at = 0; at < bytes.length; at += this.#pieceBytes(bytes))
      this.#socket.send(bytes.subarray(at, at + this.#pieceBytes(bytes)).toString('latin1'));
  }

  end(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#socket.close(1000, '');
  }

  terminate(): void {
    this.#phase = 'over';
    this.#socket.terminate();
  }

  drained(): void {
    if (this.#phase === 'streaming') this.#tellDrain();
  }

  gone(): void {
    const isAnswered = this.#phase === 'over';
    this.#phase = 'over';
    if (!isAnswered) this.#tellGone();
  }

  /** Large pages in as many pieces as small ones, as far as it goes. */
  #pieceBytes({ length }: Buffer): number {
    return Math.max(PIECE_BYTES, Math.ceil(length / 16));
  }
}
