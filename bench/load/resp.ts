import { Wire } from './wire.ts';

const LINE_END = Buffer.from('\r\n');
const ERROR = 45;
const BULK = 36;
const ARRAY = 42;

/** A connection that speaks RESP, the protocol of Redis. An error in an answer ends the run. */
export class RedisWire {
  readonly opened: Promise<void>;
  readonly #wire: Wire;

  /**
   * With `parts`, the items of a list come one by one, after its head: a list may be too long to wait
   * for its end.
   */
  constructor(
    port: number,
    onReply: (bytes: Buffer, start: number, end: number) => void,
    lists: 'whole' | 'parts' = 'whole',
  ) {
    this.#wire = new Wire(port, {
      lengthAt: (bytes, start, end) => replyLength(bytes, start, end, lists),
      onMessage(bytes, start, end) {
        if (bytes[start] === ERROR) throw new Error(bytes.toString('utf8', start, end));
        onReply(bytes, start, end);
      },
    });
    this.opened = this.#wire.opened;
  }

  get bytesRead(): number {
    return this.#wire.bytesRead;
  }

  send(bytes: Buffer): void {
    this.#wire.send(bytes);
  }

  stall(): void {
    this.#wire.stall();
  }

  resume(): void {
    this.#wire.resume();
  }

  close(): void {
    this.#wire.close();
  }
}

export function command(...words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`);
}

/** The bytes of the reply at `start`, or 0 where its end has not come. */
function replyLength(bytes: Buffer, start: number, end: number, lists: 'whole' | 'parts'): number {
  const lineEnd = bytes.indexOf(LINE_END, start);
  if (lineEnd === -1 || lineEnd + 2 > end) return 0;
  const kind = bytes[start];
  const head = lineEnd + 2 - start;
  if (kind !== BULK && (kind !== ARRAY || lists === 'parts')) return head;
  const count = integer(bytes, start + 1, lineEnd);
  if (count < 0) return head;
  if (kind === BULK) return start + head + count + 2 > end ? 0 : head + count + 2;
  let length = head;
  for (let i = 0; i < count; i++) {
    const item = start + length < end ? replyLength(bytes, start + length, end, lists) : 0;
    if (item === 0) return 0;
    length += item;
  }
  return length;
}

/** The number on a line. */
export function integer(bytes: Buffer, start: number, end: number): number {
  return Number(bytes.toString('latin1', start, end));
}
