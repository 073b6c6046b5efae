import type { Clock, Timer } from '@confer/shared';
import { BaseExchange, type Opening } from './base-exchange.ts';
import type { Exchanges } from './exchanges.ts';
import type { RequestHead } from './request-head.ts';
import type { Peer } from './socket.ts';

/** What of a response of uWebSockets.js is used. It may not be touched once it has ended, or was aborted. */
interface LibraryResponse {
  onAborted(told: () => void): unknown;
  onData(told: (piece: ArrayBuffer, isLast: boolean) => void): unknown;
  onWritable(told: () => boolean): unknown;
  cork(run: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  write(piece: Uint8Array): boolean;
  tryEnd(rest: Uint8Array, bytes: number): [isTaken: boolean, isDone: boolean];
  getWriteOffset(): number;
  end(text: string | Uint8Array, isLast: boolean): unknown;
  endWithoutBody(): unknown;
  pause(): void;
  resume(): void;
  close(): unknown;
}

/**
 * The library takes whatever it is given, and says only whether some of it waits. So it is given this much at a time,
 * and more when it can be written.
 */
const PIECE_BYTES = 64 * 1024;

/** So long the library waits for a reader that takes nothing, where it does; it is the same for all the others. */
const STUCK_MS = 10_000;

interface Ending {
  /** Whether the connection ends as well. */
  readonly isLast: boolean;
}

/** What waits behind the piece that the library has. */
type Rest =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'pieces' }
  | { readonly kind: 'whole'; readonly body: Uint8Array };

/** An exchange over uWebSockets.js. */
export class UwsExchange extends BaseExchange {
  readonly #response: LibraryResponse;
  readonly #clock: Clock;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** Of the piece that the library could not write as a whole. */
  #heldBytes = 0;
  #rest: Rest = { kind: 'nothing' };
  #ending: Ending | undefined;
  #isHeld = false;
  /** Whether the response may be touched. */
  #isAlive = true;
  #stuck: Timer | undefined;

  constructor(
    response: LibraryResponse,
    head: RequestHead,
    peer: Peer,
    exchanges: Exchanges,
    clock: Clock,
  ) {
    super(head, peer, exchanges);
    this.#response = response;
    this.#clock = clock;
    response.onAborted(() => {
      this.#letGo();
      this.gone();
    });
    // Where there is no body the library is not asked for one: it would wait for the next request for ever then.
    if (!this.isWhole)
      // It takes the memory of `piece` back when this returns; what is read over is not kept.
      response.onData((piece, isLast) =>
        this.received(new Uint8Array(this.isAnswered ? piece : piece.slice(0)), isLast),
      );
    response.onWritable(() => {
      response.cork(() => this.#goOn());
      return true;
    });
  }

  protected override sendWhole(opening: Opening, body: Uint8Array): void {
    this.#inItsTurn(opening, () => {
      this.#writeHead(opening);
      if (body.length <= PIECE_BYTES) {
        this.#response.end(body, opening.isLast);
        this.#over();
        return;
      }
      if (opening.isLast) this.#response.writeHeader('connection', 'close');
      this.#rest = { kind: 'whole', body };
      this.#goOn();
    });
  }

  protected override sendBare(opening: Opening, bodyBytes: number | undefined): void {
    this.#response.cork(() => {
      this.#writeHead(opening);
      if (bodyBytes !== undefined) this.#response.writeHeader('content-length', String(bodyBytes));
      // With a length of its own it would wait for that body, and so it does not end the connection by itself: whoever
      // reads that it ends does, or the time for the next request is over.
      if (opening.isLast) this.#response.writeHeader('connection', 'close');
      this.#response.endWithoutBody();
      this.#over();
    });
  }

  protected override sendHead(opening: Opening): void {
    this.#rest = { kind: 'pieces' };
    this.#response.cork(() => {
      this.#writeHead(opening);
      if (opening.isLast) this.#response.writeHeader('connection', 'close');
    });
  }

  protected override sendPiece(piece: Uint8Array): boolean {
    for (let at = 0; at < piece.length; at += PIECE_BYTES)
      this.#queue.push(piece.subarray(at, at + PIECE_BYTES));
    this.#queuedBytes += piece.length;
    if (this.#heldBytes === 0) this.#response.cork(() => this.#writeQueue());
    return this.waitingBytes() === 0;
  }

  protected override sendEnd(isLast: boolean): void {
    this.#ending = { isLast };
    if (this.#heldBytes === 0) this.#endPieces(this.#ending);
  }

  protected override drop(): void {
    this.#letGo();
    this.#response.close();
  }

  protected override waitingBytes(): number {
    return this.#queuedBytes + this.#heldBytes;
  }

  protected override holdBody(): void {
    this.#isHeld = true;
    this.#response.pause();
  }

  protected override letBodyCome(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#response.resume();
  }

  #writeHead({ status, reason, lines }: Opening): void {
    this.#response.writeStatus(`${status} ${reason}`);
    for (const [name, value] of lines) this.#response.writeHeader(name, value);
  }

  /** The socket can be written to. That this is inside a cork has what the library holds written first. */
  #goOn(): void {
    this.#watchOver(false);
    if (this.#rest.kind === 'whole') this.#writeWhole(this.#rest.body);
    else if (this.#rest.kind === 'pieces') {
      const wasWaiting = this.#heldBytes > 0;
      this.#heldBytes = 0;
      this.#writeQueue();
      if (this.#heldBytes > 0) return;
      if (this.#ending !== undefined) this.#endPieces(this.#ending);
      // Whoever is told may write, and end it.
      else if (wasWaiting) queueMicrotask(() => this.drained());
    }
  }

  #writeWhole(body: Uint8Array): void {
    const [, isDone] = this.#response.tryEnd(
      body.subarray(this.#response.getWriteOffset()),
      body.length,
    );
    if (isDone) this.#over();
    else this.#watchOver(true);
  }

  #writeQueue(): void {
    let piece = this.#queue.shift();
    for (; piece !== undefined; piece = this.#queue.shift()) {
      this.#queuedBytes -= piece.length;
      if (this.#response.write(piece)) continue;
      this.#heldBytes = piece.length;
      this.#watchOver(true);
      return;
    }
  }

  #endPieces(ending: Ending): void {
    this.#inItsTurn(ending, () => {
      // Told that it is the last, the library would write a header for that, into the middle of the text.
      this.#response.end('', false);
      this.#over();
    });
  }

  /**
   * What ends the connection is done in a turn of its own: behind it the library would go on with what came together
   * with the request, and hand another request on. Where one comes before that, it ends the connection.
   */
  #inItsTurn({ isLast }: Ending, run: () => void): void {
    const corked = () => {
      if (this.#isAlive) this.#response.cork(run);
    };
    // safeguard: nothing-is-read-behind-the-last-answer-of-uws
    if (isLast) setImmediate(corked);
    else corked();
  }

  #over(): void {
    this.#letGo();
    this.sent();
  }

  #letGo(): void {
    this.#isAlive = false;
    this.#rest = { kind: 'nothing' };
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#heldBytes = 0;
    this.#stuck?.cancel();
  }

  /**
   * The library forgets a reader that has taken something once and nothing since. Who writes to one that is dropped for
   * that hears that it has gone, as it does from the library.
   */
  #watchOver(isWaiting: boolean): void {
    this.#stuck?.cancel();
    this.#stuck = isWaiting ? this.#clock.setTimer(STUCK_MS, () => this.#giveUp()) : undefined;
  }

  #giveUp(): void {
    this.drop();
    this.gone();
  }
}
