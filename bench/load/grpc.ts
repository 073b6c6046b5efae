import { Splitter } from './splitter.ts';
import { Wire } from './wire.ts';

const HEADER_BYTES = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const FRAME_BYTES_MAX = 16_384;
const WINDOW_BYTES_MAX = 2 ** 31 - 1;
const INITIAL_WINDOW_BYTES = 65_535;
const INITIAL_WINDOW_SIZE = 4;
/** In front of each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** A request that is built once; its stream gets a number each time it is sent. */
export interface Call {
  readonly bytes: Buffer;
  readonly streamAt: readonly number[];
}

export interface GrpcHandler {
  onMessage(stream: number, bytes: Buffer, start: number, end: number): void;
  /** The call has ended, well or not: whether there was a message says which. */
  onEnd(stream: number): void;
}

/**
 * gRPC over HTTP/2 by hand, without encryption. Headers that come are not looked into: a call that
 * failed has no message. The windows are opened as far as they go, once.
 */
export class GrpcWire {
  readonly opened: Promise<void>;
  readonly #wire: Wire;
  readonly #handler: GrpcHandler;
  readonly #partial = new Map<number, Splitter>();
  #nextStream = 1;

  constructor(port: number, handler: GrpcHandler) {
    this.#handler = handler;
    this.#wire = new Wire(port, {
      lengthAt: (bytes, start, end) =>
        end - start < HEADER_BYTES ? 0 : HEADER_BYTES + bytes.readUIntBE(start, 3),
      onMessage: (bytes, start, end) => this.#frame(bytes, start, end),
    });
    this.opened = this.#wire.opened;
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(INITIAL_WINDOW_SIZE, 0);
    setting.writeUInt32BE(WINDOW_BYTES_MAX, 2);
    const window = Buffer.alloc(4);
    window.writeUInt32BE(WINDOW_BYTES_MAX - INITIAL_WINDOW_BYTES, 0);
    this.#wire.send(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame(SETTINGS, 0, 0, setting),
        frame(WINDOW_UPDATE, 0, 0, window),
      ]),
    );
  }

  get bytesRead(): number {
    return this.#wire.bytesRead;
  }

  /** Sends calls in one piece; returns the number of the first stream, the others are 2 apart. */
  send(calls: readonly Call[]): number {
    const first = this.#nextStream;
    for (const { bytes, streamAt } of calls) {
      for (const at of streamAt) bytes.writeUInt32BE(this.#nextStream, at);
      this.#nextStream += 2;
    }
    const [only] = calls;
    this.#wire.send(
      only !== undefined && calls.length === 1
        ? only.bytes
        : Buffer.concat(calls.map(({ bytes }) => bytes)),
    );
    return first;
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

  #frame(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start + 3];
    const flags = bytes[start + 4] ?? 0;
    const stream = bytes.readUInt32BE(start + 5);
    if (type === DATA) this.#data(stream, bytes, start + HEADER_BYTES, end);
    else if (type === SETTINGS && (flags & ACK) === 0) this.#wire.send(frame(SETTINGS, ACK, 0));
    else if (type === PING && (flags & ACK) === 0)
      this.#wire.send(frame(PING, ACK, 0, bytes.subarray(start + HEADER_BYTES, end)));
    else if (type === RST_STREAM || type === GOAWAY)
      throw new Error(`the server ended a call: ${bytes.toString('latin1', start, end)}`);
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) {
      this.#partial.delete(stream);
      this.#handler.onEnd(stream);
    }
  }

  #data(stream: number, bytes: Buffer, start: number, end: number): void {
    const isWhole =
      end - start >= PREFIX_BYTES && PREFIX_BYTES + bytes.readUInt32BE(start + 1) === end - start;
    let splitter = this.#partial.get(stream);
    if (isWhole && splitter === undefined) {
      this.#handler.onMessage(stream, bytes, start + PREFIX_BYTES, end);
      return;
    }
    splitter ??= new Splitter({
      lengthAt: (part, from, to) =>
        to - from < PREFIX_BYTES ? 0 : PREFIX_BYTES + part.readUInt32BE(from + 1),
      onMessage: (part, from, to) => this.#handler.onMessage(stream, part, from + PREFIX_BYTES, to),
    });
    this.#partial.set(stream, splitter);
    splitter.push(bytes.subarray(start, end), end - start);
  }
}

/** A call of `method` with one message; `isOpen` where more may follow, as in a watch. */
export function callOf(method: string, message: Buffer, isOpen = false): Call {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  const body = Buffer.concat([prefix, message]);
  const parts = [frame(HEADERS, END_HEADERS, 0, headers(method))];
  for (let at = 0; at < body.length; at += FRAME_BYTES_MAX) {
    const isLast = at + FRAME_BYTES_MAX >= body.length && !isOpen;
    parts.push(frame(DATA, isLast ? END_STREAM : 0, 0, body.subarray(at, at + FRAME_BYTES_MAX)));
  }
  const streamAt: number[] = [];
  let offset = 0;
  for (const part of parts) {
    streamAt.push(offset + 5);
    offset += part.length;
  }
  return { bytes: Buffer.concat(parts), streamAt };
}

/**
 * Literals without indexing: 90 bytes that the server reads again with each call, where a library
 * would send 6. Names by their number in HPACK's static table.
 */
function headers(method: string): Buffer {
  const text = (value: string) => Buffer.from([value.length, ...Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]),
    text(method),
    Buffer.from([0x01]),
    text('127.0.0.1'),
    Buffer.from([0x0f, 0x10]),
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ]);
}

function frame(type: number, flags: number, stream: number, payload?: Uint8Array): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUIntBE(payload?.length ?? 0, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return payload === undefined ? head : Buffer.concat([head, payload]);
}
