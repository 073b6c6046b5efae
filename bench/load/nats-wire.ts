import { integer } from './resp.ts';
import { signal } from './signal.ts';
import { Wire } from './wire.ts';

const LINE_END = Buffer.from('\r\n');
const PONG = Buffer.from('PONG\r\n');
const CONNECT = Buffer.from(
  'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1}\r\nPING\r\n',
);
const [SPACE, LETTER_M, LETTER_H] = [...Buffer.from(' MH')];

/** A connection that speaks the protocol of NATS. */
export class NatsWire {
  /** The server has answered, so it has taken what was sent before. */
  readonly ready: Promise<void>;
  readonly #wire: Wire;

  constructor(
    port: number,
    onMessage: (bytes: Buffer, start: number, end: number) => void,
    onPong = () => {},
  ) {
    const connected = signal();
    let isReady = false;
    this.ready = connected.came;
    this.#wire = new Wire(port, {
      lengthAt: messageLength,
      onMessage: (bytes, start, end) => {
        const first = bytes[start];
        if (first === LETTER_M || first === LETTER_H) {
          onMessage(bytes, start, end);
          return;
        }
        const word = bytes.toString('latin1', start, start + 4);
        if (word === 'PING') this.#wire.send(PONG);
        else if (word === '-ERR') throw new Error(bytes.toString('utf8', start, end));
        else if (word === 'PONG' && isReady) onPong();
        else if (word === 'PONG') {
          isReady = true;
          connected.come();
        }
      },
    });
    this.#wire.send(CONNECT);
  }

  send(bytes: Uint8Array | string): void {
    this.#wire.send(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
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

export function publication(subject: string, payload: string, replyTo = ''): Buffer {
  return Buffer.from(
    `PUB ${subject} ${replyTo}${replyTo === '' ? '' : ' '}${Buffer.byteLength(payload)}\r\n${payload}\r\n`,
  );
}

/** `MSG subject sid [reply] bytes`, `HMSG ... bytes`, a line and then that many bytes; else a line. */
function messageLength(bytes: Buffer, start: number, end: number): number {
  const lineEnd = bytes.indexOf(LINE_END, start);
  if (lineEnd === -1 || lineEnd + 2 > end) return 0;
  const head = lineEnd + 2 - start;
  const first = bytes[start];
  if (first !== LETTER_M && first !== LETTER_H) return head;
  const lastSpace = bytes.lastIndexOf(SPACE ?? 0, lineEnd);
  return head + integer(bytes, lastSpace + 1, lineEnd) + 2;
}
