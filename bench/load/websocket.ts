import { signal } from './signal.ts';
import { Wire } from './wire.ts';

const TEXT = 0x81;
const PING = 0x89;
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const MASKED = 0x80;
/** Masking with zeros leaves the payload as it is, so frames can be built once and patched. */
const MASK_BYTES = 4;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** A WebSocket client that understands just what the servers here send. */
export class WebSocketWire {
  readonly #opened = signal();
  readonly opened = this.#opened.came;
  readonly #wire: Wire;
  #isOpen = false;

  constructor(
    port: number,
    path: string,
    onText: (bytes: Buffer, start: number, end: number) => void,
  ) {
    this.#wire = new Wire(port, {
      lengthAt: (bytes, start, end) =>
        this.#isOpen ? frameLength(bytes, start, end) : headLength(bytes, start, end),
      onMessage: (bytes, start, end) => {
        if (!this.#isOpen) this.#upgraded(bytes, start);
        else if (bytes[start] === TEXT) onText(bytes, start + headerBytes(bytes, start), end);
        else if (bytes[start] === PING) this.#wire.send(PONG);
        else throw new Error(`the server sent a frame of kind ${bytes[start]}`);
      },
    });
    this.#wire.send(Buffer.from(upgradeRequest(port, path)));
  }

  get bytesRead(): number {
    return this.#wire.bytesRead;
  }

  send(frame: Buffer): void {
    this.#wire.send(frame);
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

  #upgraded(bytes: Buffer, start: number): void {
    const status = bytes.toString('latin1', start, start + 12);
    if (status !== 'HTTP/1.1 101') throw new Error(`no WebSocket: ${status}`);
    this.#isOpen = true;
    this.#opened.come();
  }
}

/** A text frame of a client. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head =
    length < 126
      ? [TEXT, MASKED | length]
      : length < 65_536
        ? [TEXT, MASKED | 126, length >> 8, length & 255]
        : [TEXT, MASKED | 127, 0, 0, 0, 0, ...bigEndian(length)];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(MASK_BYTES), payload]);
}

function bigEndian(length: number): number[] {
  return [length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
}

function headerBytes(bytes: Buffer, start: number): number {
  const length = bytes[start + 1] ?? 0;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

function frameLength(bytes: Buffer, start: number, end: number): number {
  if (end - start < 2) return 0;
  const length = bytes[start + 1] ?? 0;
  if (length < 126) return 2 + length;
  if (end - start < headerBytes(bytes, start)) return 0;
  if (length === 126) return 4 + bytes.readUInt16BE(start + 2);
  return 10 + bytes.readUInt32BE(start + 6);
}

function headLength(bytes: Buffer, start: number, end: number): number {
  const at = bytes.subarray(start, end).indexOf(END_OF_HEAD);
  return at === -1 ? 0 : at + END_OF_HEAD.length;
}

function upgradeRequest(port: number, path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: Y29uZmVyIGJlbmNobWFyaw==',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: confer.v1',
    '',
    '',
  ].join('\r\n');
}
