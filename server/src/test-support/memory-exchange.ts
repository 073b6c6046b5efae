import type { AnswerHead, AnswerStream, Exchange } from '../transport/exchange.ts';
import { requestHead } from '../transport/request-head.ts';

/** A request, as a test says it. */
export interface Asked {
  readonly method?: string;
  /** With its query, as it stands in a request line. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly address?: string;
}

/** A request that no network has brought. */
export class MemoryExchange implements Exchange {
  readonly head: Exchange['head'];
  readonly peer: Exchange['peer'];
  /** What came of it, as far as it has an answer. */
  said: AnswerHead | undefined;
  /** What was written, of each piece the very bytes that were handed over. */
  readonly pieces: Uint8Array[] = [];
  isEnded = false;
  isTerminated = false;
  /** Whether whoever reads takes more. */
  isWritable = true;
  readonly #body: Uint8Array | undefined;
  /** Whether what is written leaves at once. */
  isRead = true;
  #waiting = 0;
  #onGone = () => {};
  #onDrain = () => {};
  #isGone = false;

  /** Without `body`, what there is of one never comes. */
  constructor({ method = 'GET', target, headers = {}, body, address = '192.0.2.1' }: Asked) {
    const [path = '/', query = ''] = target.split('?', 2);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) };
    const lines = Object.entries({ host: '127.0.0.1', ...length, ...headers });
    this.head = requestHead(method, path, query, lines);
    this.peer = {
      remote: `${address}:4711`,
      address,
      isProxied: false,
      certificateName: undefined,
    };
    this.#body = bytes;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  get text(): string {
    return this.bytes.toString();
  }

  /** The body of the answer, read as JSON. */
  get json(): unknown {
    return JSON.parse(this.text);
  }

  onGone(told: () => void): void {
    this.#onGone = told;
  }

  readBody(bytesMax: number, read: (body: Uint8Array) => void): void {
    const body = this.#body;
    if (body === undefined || body.length > bytesMax) return;
    queueMicrotask(() => {
      if (!this.#isOver) read(body);
    });
  }

  answer(head: AnswerHead, body?: string | Uint8Array): void {
    if (this.#isOver) return;
    this.said = head;
    this.isEnded = true;
    if (body !== undefined && this.head.method !== 'HEAD') this.pieces.push(bytesOf(body));
  }

  stream(head: AnswerHead): AnswerStream {
    const exchange = this;
    if (!this.#isOver) this.said = head;
    return {
      get bufferedBytes() {
        return exchange.#waiting;
      },
      get writable() {
        return exchange.isWritable && exchange.#waiting === 0 && !exchange.#isOver;
      },
      write: (piece) => {
        if (this.#isOver) return;
        this.pieces.push(bytesOf(piece));
        // Nobody reads: it is the last that may be begun.
        if (!this.isRead) this.#waiting += piece.length;
      },
      onDrain: (told) => {
        this.#onDrain = told;
      },
      end: () => {
        this.isEnded = true;
      },
      terminate: () => {
        this.isTerminated = true;
      },
    };
  }

  /** The other side goes. */
  vanish(): void {
    if (this.#isOver) return;
    this.#isGone = true;
    this.#onGone();
  }

  drain(): void {
    this.isWritable = true;
    this.isRead = true;
    this.#waiting = 0;
    this.#onDrain();
  }

  get #isOver(): boolean {
    return this.#isGone || this.isEnded || this.isTerminated;
  }
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : piece;
}
