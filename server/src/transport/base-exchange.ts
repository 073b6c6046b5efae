import { STATUS_CODES } from 'node:http';
import type { AnswerHead, AnswerStream, Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';
import { busy, full, type HttpAnswer, headerLines, tooLarge } from './http.ts';
import { mayBeReadOver, ReadOver } from './read-over.ts';
import { type RequestHead, saidBytes } from './request-head.ts';
import type { Peer } from './socket.ts';

/** `sending` has its answer, of which a part may wait to be written; `over` is answered, or its other side is gone. */
type Phase = 'asked' | 'streaming' | 'sending' | 'over';

/** What a library writes before a body. */
export interface Opening {
  readonly status: number;
  readonly reason: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** Whether the connection ends with the answer. */
  readonly isLast: boolean;
}

interface Reader {
  readonly bytesMax: number;
  readonly read: (body: Uint8Array) => void;
}

const NOTHING = () => {};

/** So much of a body comes before anybody wants it. */
const UNASKED_BYTES_MAX = 64 * 1024;

/** The rules of `Exchange` that do not depend on the library: one answer, one end, and a body that is bounded. */
export abstract class BaseExchange implements Exchange, AnswerStream {
  readonly head: RequestHead;
  readonly peer: Peer;
  readonly #exchanges: Exchanges;
  #phase: Phase = 'asked';
  #isFull = false;
  #isTurnedAway = false;
  #isCutOff = false;
  #isGone = false;
  #pieces: Uint8Array[] = [];
  #bodyBytes = 0;
  #isBodyWhole = false;
  #leave = NOTHING;
  #whenWhole = NOTHING;
  #rest: ReadOver | undefined;
  #reader: Reader | undefined;
  #tellGone = NOTHING;
  #tellDrain = NOTHING;

  constructor(head: RequestHead, peer: Peer, exchanges: Exchanges) {
    this.head = head;
    this.peer = peer;
    this.#exchanges = exchanges;
    if (saidBytes(head) === 0) this.#whole();
  }

  /** Writes an answer and its body; `sent` is called once nothing of it waits. */
  protected abstract sendWhole(opening: Opening, body: Uint8Array): void;
  /** Writes an answer without a body, `bodyBytes` the length of the one that it would have. */
  protected abstract sendBare(opening: Opening, bodyBytes: number | undefined): void;
  /** Begins an answer that comes in pieces. */
  protected abstract sendHead(opening: Opening): void;
  /** Whether nothing of it waits; else `drained` is called. */
  protected abstract sendPiece(piece: Uint8Array): boolean;
  /** Ends what `sendHead` began; `sent` is called once nothing of it waits. */
  protected abstract sendEnd(isLast: boolean): void;
  protected abstract drop(): void;
  protected abstract waitingBytes(): number;
  /** Lets no more of the body come. */
  protected abstract holdBody(): void;
  protected abstract letBodyCome(): void;

  get bufferedBytes(): number {
    return this.#phase === 'streaming' || this.#phase === 'sending' ? this.waitingBytes() : 0;
  }

  get writable(): boolean {
    return this.#phase === 'streaming' && !this.#isFull;
  }

  /** Told soon where that happened before somebody was named. */
  onGone(told: () => void): void {
    this.#tellGone = told;
    if (this.#isGone) queueMicrotask(told);
  }

  onDrain(told: () => void): void {
    this.#tellDrain = told;
  }

  readBody(bytesMax: number, read: (body: Uint8Array) => void): void {
    if (this.#phase !== 'asked' || this.#reader !== undefined) return;
    this.#reader = { bytesMax, read };
    if (!this.#isBodyWhole) this.letBodyCome();
    this.#handOn(this.#reader);
  }

  answer(head: AnswerHead, body: string | Uint8Array = ''): void {
    if (this.#phase !== 'asked') return;
    this.#phase = 'sending';
    const bytes = bytesOf(body);
    this.#behindBody(() => {
      const opening = this.#open(head);
      // What has no body by its status says no length, either.
      if (this.#isBare(head)) this.sendBare(opening, this.#isHead ? bytes.length : undefined);
      else {
        // safeguard: answers-are-bounded-together
        this.#exchanges.answers.keep(this, bytes.length, () => this.terminate());
        this.sendWhole(opening, bytes);
      }
    });
  }

  stream(head: AnswerHead): AnswerStream {
    if (this.#phase !== 'asked') return this;
    // safeguard: streams-are-connections
    if (!this.#exchanges.hasRoom()) {
      this.#turnAway(full);
      return this;
    }
    if (this.#isBare(head)) {
      this.answer(head);
      return this;
    }
    this.#phase = 'streaming';
    this.#readOver();
    this.sendHead(this.#open(head));
    return this;
  }

  write(piece: string | Uint8Array): void {
    if (this.#phase !== 'streaming') return;
    const bytes = bytesOf(piece);
    // Nothing at all would be the end of it.
    if (bytes.length > 0 && !this.sendPiece(bytes)) this.#isFull = true;
  }

  end(): void {
    if (this.#phase !== 'streaming') return;
    this.#phase = 'sending';
    this.#behindBody(() => this.sendEnd(this.#isLast()));
  }

  terminate(): void {
    if (this.#phase === 'over') return;
    this.#finish();
    this.drop();
  }

  /** A piece of the body came, whose bytes stay as they are. */
  protected received(piece: Uint8Array, isLast: boolean): void {
    if (isLast) this.#whole();
    this.#bodyBytes += piece.length;
    this.#rest?.came();
    if (isLast) this.#endBody();
    if (this.#phase !== 'asked') return;
    if (!this.#exchanges.bodies.keep(this, piece.length, () => this.#turnAway(busy))) {
      this.#turnAway(busy);
      return;
    }
    this.#pieces.push(piece);
    if (this.#reader !== undefined) this.#handOn(this.#reader);
    else if (this.#bodyBytes > UNASKED_BYTES_MAX && !isLast) this.holdBody();
  }

  protected drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    if (this.#phase === 'streaming') this.#tellDrain();
  }

  /** Nothing of the answer waits in this process any more. */
  protected sent(): void {
    this.#finish();
  }

  /** The connection is gone. */
  protected gone(): void {
    const { isAnswered } = this;
    this.#finish();
    if (!isAnswered) this.#tellOfEnd();
  }

  /** Whether the whole body has come. */
  protected get isWhole(): boolean {
    return this.#isBodyWhole;
  }

  /** Whether its answer ends the connection, whenever that is written. */
  protected get isTurnedAway(): boolean {
    return this.#isTurnedAway;
  }

  /** Whether its answer is decided, and is being written or has been. */
  get isAnswered(): boolean {
    return this.#phase === 'sending' || this.#phase === 'over';
  }

  get #isHead(): boolean {
    return this.head.method === 'HEAD';
  }

  #isBare({ status }: AnswerHead): boolean {
    return this.#isHead || status === 204 || status === 304;
  }

  #handOn({ bytesMax, read }: Reader): void {
    // safeguard: bodies-are-bounded
    if (Math.max(this.#bodyBytes, saidBytes(this.head)) > bytesMax) {
      this.#turnAway(tooLarge(bytesMax));
      return;
    }
    if (!this.#isBodyWhole) return;
    const body = Buffer.concat(this.#pieces);
    this.#forgetBody();
    read(body);
  }

  /** Answers in its owner's place, who is told that it is gone. */
  #turnAway({ status, headers, text }: HttpAnswer): void {
    this.#isTurnedAway = true;
    this.answer({ status, headers }, text);
    queueMicrotask(() => this.#tellOfEnd());
  }

  #tellOfEnd(): void {
    this.#isGone = true;
    this.#tellGone();
  }

  #whole(): void {
    if (this.#isBodyWhole) return;
    this.#isBodyWhole = true;
    if (this.#phase !== 'over') this.#leave = this.#exchanges.began();
  }

  /**
   * Ends an answer once the body has come that nobody wants, so that what comes of it is not taken for the next request,
   * nor ends the connection before the answer is read; or at once, where that is too much of it.
   */
  #behindBody(end: () => void): void {
    this.#readOver();
    if (this.#isBodyWhole || this.#isPastReading()) end();
    else {
      this.#whenWhole = end;
      this.#rest = new ReadOver(this.#exchanges.clock, () => {
        this.#isCutOff = true;
        end();
      });
    }
  }

  #readOver(): void {
    this.#forgetBody();
    if (!this.#isBodyWhole) this.letBodyCome();
  }

  #forgetBody(): void {
    this.#exchanges.bodies.letGo(this);
    this.#pieces = [];
  }

  #open({ status, headers }: AnswerHead): Opening {
    const lines = headerLines({ headers });
    return { status, reason: STATUS_CODES[status] ?? '', lines, isLast: this.#isLast() };
  }

  #isLast(): boolean {
    const isUnread = !this.#isBodyWhole && this.#isPastReading();
    const wantsOther = this.head.headers.has('upgrade');
    return this.#isTurnedAway || isUnread || wantsOther || this.#exchanges.isLastAnswer();
  }

  /** Who sends more than is read over is not read on; nor is who wants to speak something else. */
  #isPastReading(): boolean {
    const isReadOver = mayBeReadOver(saidBytes(this.head) - this.#bodyBytes);
    return this.#isCutOff || !isReadOver || this.head.headers.has('upgrade');
  }

  #finish(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#forgetBody();
    this.#exchanges.answers.letGo(this);
    this.#endBody(NOTHING);
    this.#leave();
  }

  /** Nothing of the body is waited for any more. */
  #endBody(run = this.#whenWhole): void {
    this.#rest?.cancel();
    this.#whenWhole = NOTHING;
    run();
  }
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : piece;
}
