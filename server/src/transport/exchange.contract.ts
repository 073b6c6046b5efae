import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AnswerStream, Exchange } from './exchange.ts';
import { connectRaw, type Host, host, type Raw, until } from './scene.contract.ts';
import type { ListenOptions, Transport } from './transport.ts';

export const OK = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } };

export interface Answering extends Host {
  /** What has come. */
  readonly seen: Exchange[];
  /** Of those, who was told that the other side is gone. */
  readonly gone: Exchange[];
}

/** A server whose requests are answered so. */
export async function answering(
  transport: Transport,
  onExchange: (exchange: Exchange) => void,
  options: Partial<ListenOptions> = {},
): Promise<Answering> {
  const seen: Exchange[] = [];
  const gone: Exchange[] = [];
  const take = (exchange: Exchange) => {
    seen.push(exchange);
    exchange.onGone(() => gone.push(exchange));
    onExchange(exchange);
  };
  const at = await host(transport, {}, { onExchange: take, ...options });
  return { ...at, seen, gone };
}

/** Says the body back, once it is there. */
export const echoBody = (exchange: Exchange) =>
  exchange.readBody(1_000_000, (body) => exchange.answer(OK, body));

/** Sends a request. */
export async function ask(at: Host, line: string, ...headers: readonly string[]): Promise<Raw> {
  const raw = await connectRaw(at.listener);
  raw.tcp.write(requestOf(line, ...headers));
  return raw;
}

export function requestOf(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

/** The body of an answer that comes in chunks, as far as it is there. */
function chunked({ received }: Raw): string {
  const size = /(?:\r\n)?([0-9a-f]+)\r\n/iy;
  size.lastIndex = received.indexOf('\r\n\r\n') + 4;
  const pieces: string[] = [];
  for (let found = size.exec(received); found !== null; found = size.exec(received)) {
    const end = size.lastIndex + Number.parseInt(found[1] ?? '', 16);
    pieces.push(received.slice(size.lastIndex, end));
    size.lastIndex = end;
  }
  return pieces.join('');
}

/** Waits for the end of such an answer. It is looked for when nothing has come for a while: it may be far away. */
function ends(raw: Raw): Promise<void> {
  let length = 0;
  return until(() => {
    const isQuiet = raw.received.length === length;
    length = raw.received.length;
    return isQuiet && raw.received.endsWith('0\r\n\r\n');
  });
}

const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

export function exchangeContract(transport: Transport): void {
  answersContract(transport);
  streamsContract(transport);
  endsContract(transport);
}

function answersContract(transport: Transport): void {
  describe('an answer', () => {
    it('is to what was asked, and so is the next on its connection', async () => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, 'well'));
      const raw = await ask(at, 'GET /a/b%20c?x=1', 'X-Y: z', 'X-Y: w');
      await until(() => raw.received.endsWith('well'));
      expect(at.seen[0]?.head).toMatchObject({ method: 'GET', path: '/a/b%20c', query: 'x=1' });
      expect(at.seen[0]?.head.headers.get('x-y')).toEqual(['z', 'w']);
      expect(at.seen[0]?.peer).toMatchObject({ address: '127.0.0.1', isProxied: false });
      expect(raw.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(raw.received.toLowerCase()).toContain('\r\ncontent-length: 4\r\n');
      raw.tcp.write(requestOf('GET /again'));
      await until(() => at.seen.length === 2 && raw.received.split('well').length === 3);
    });

    it('is given once, and nothing comes after it', async () => {
      const at = await answering(transport, (exchange) => {
        exchange.answer(OK, 'first');
        exchange.answer(OK, 'second');
        const stream = exchange.stream(OK);
        stream.write('third');
        stream.end();
        exchange.readBody(10, () => exchange.answer(OK, 'fourth'));
        expect(stream.writable).toBe(false);
      });
      const raw = await ask(at, 'GET /a', 'Connection: close');
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/\r\n\r\nfirst$/);
    });

    it('has no line breaks or other letters in its headers that it was given', async () => {
      const headers = { ...OK.headers, location: '/a\r\nset-cookie: a=b\0é' };
      const at = await answering(transport, (exchange) =>
        exchange.answer({ status: 201, headers }),
      );
      const raw = await ask(at, 'GET /a', 'Connection: close');
      await until(() => raw.phase !== 'open');
      expect(raw.received).toContain('ocation: /a%0d%0aset-cookie: a=b%00%c3%a9\r\n');
    });

    it.each([
      ['HEAD', 200, '\r\ncontent-length: 4\r\n'],
      ['GET', 204, undefined],
      ['GET', 304, undefined],
    ])('has no body: to %s with %i', async (method, status, length) => {
      const head = { ...OK, status };
      const at = await answering(transport, (exchange) => exchange.answer(head, 'well'));
      const raw = await ask(at, `${method} /a`);
      await until(() => raw.received.endsWith('\r\n\r\n'));
      raw.tcp.write(requestOf('HEAD /b', 'Connection: close'));
      await until(() => raw.phase !== 'open');
      expect(raw.received.split('HTTP/1.1 ').length).toBe(3);
      expect(raw.received).not.toContain('well');
      const [first = ''] = raw.received.toLowerCase().split('\r\n\r\n');
      if (length === undefined) expect(first).not.toContain('content-length');
      else expect(`${first}\r\n`).toContain(length);
    });

    it('comes whole that is large, to one that reads slowly', async () => {
      const body = Buffer.alloc(24 * 1024 * 1024, 'abcdefg');
      const at = await answering(transport, (exchange) => exchange.answer(OK, body));
      const raw = await ask(at, 'GET /a');
      raw.tcp.pause();
      await until(() => at.seen.length === 1);
      raw.tcp.resume();
      await until(() => raw.received.length > body.length);
      const [, text = ''] = raw.received.split('\r\n\r\n');
      expect(raw.received.toLowerCase()).toContain(`\r\ncontent-length: ${body.length}\r\n`);
      expect(hash(text)).toBe(hash(body));
      raw.tcp.write(requestOf('HEAD /b'));
      await until(() => at.seen.length === 2 && raw.received.endsWith('\r\n\r\n'));
    });
  });
}

function streamsContract(transport: Transport): void {
  describe('an answer in pieces', () => {
    it('comes as it is written, until it is ended', async () => {
      let stream: AnswerStream | undefined;
      const at = await answering(transport, (exchange) => {
        stream = exchange.stream(OK);
      });
      const raw = await ask(at, 'GET /a');
      await until(() => stream !== undefined);
      stream?.write('first');
      await until(() => chunked(raw) === 'first');
      stream?.write('');
      stream?.write(Buffer.from('second'));
      await until(() => chunked(raw) === 'firstsecond');
      stream?.end();
      stream?.write('after');
      await ends(raw);
      expect(at.gone).toEqual([]);
      raw.tcp.write(requestOf('HEAD /b'));
      await until(() => at.seen.length === 2 && raw.received.endsWith('\r\n\r\n'));
    });

    it.each([10, 1_000, 60_000, 400_000])(
      'stops where its reader does, and goes on: by %i bytes',
      async (bytes) => {
        let wanted = 20_000_000;
        let sent = '';
        let stream: AnswerStream | undefined;
        let drains = 0;
        const write = (to: AnswerStream) => {
          // A kernel that takes it all never has it wait, so there is an end.
          while (to.writable && wanted > 0) {
            const piece = `${wanted}`.padEnd(bytes, '.').slice(0, bytes);
            to.write(piece);
            if (wanted > 18_000_000) sent += piece;
            wanted -= Math.max(bytes, 1_000);
          }
          if (wanted <= 0) to.end();
        };
        const at = await answering(transport, (exchange) => {
          stream = exchange.stream(OK);
          const to = stream;
          to.onDrain(() => {
            drains += 1;
            write(to);
          });
        });
        const raw = await ask(at, 'GET /a');
        await until(() => stream !== undefined);
        raw.tcp.pause();
        if (stream !== undefined) write(stream);
        expect(stream?.bufferedBytes).toBeLessThan(2_000_000 + bytes);
        raw.tcp.resume();
        await ends(raw);
        expect(chunked(raw).startsWith(sent)).toBe(true);
        if (bytes > 1_000) expect(drains).toBeGreaterThan(0);
      },
    );

    it('comes whole that was written at once, and is ended before it is read', async () => {
      const piece = Buffer.alloc(3_000_000, 'abcdefg');
      const at = await answering(transport, (exchange) => {
        const stream = exchange.stream(OK);
        for (let times = 0; times < 5; times += 1) stream.write(piece);
        expect(stream.writable).toBe(false);
        stream.end();
      });
      const raw = await ask(at, 'GET /a');
      raw.tcp.pause();
      await until(() => at.seen.length === 1);
      raw.tcp.resume();
      await ends(raw);
      expect(hash(chunked(raw))).toBe(hash(Buffer.concat(Array(5).fill(piece))));
    });

    it('has no body to HEAD', async () => {
      const at = await answering(transport, (exchange) => {
        const stream = exchange.stream(OK);
        stream.write('not this');
        stream.end();
      });
      const raw = await ask(at, 'HEAD /a', 'Connection: close');
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
      expect(raw.received).not.toContain('not this');
    });

    it('breaks off where it is dropped, so that its reader can tell', async () => {
      const at = await answering(transport, (exchange) => {
        const stream = exchange.stream(OK);
        stream.write('some');
        setTimeout(() => {
          stream.terminate();
          stream.write('more');
          stream.end();
        }, 20);
      });
      const raw = await ask(at, 'GET /a');
      await until(() => raw.phase !== 'open');
      expect(chunked(raw)).toBe('some');
      expect(raw.received).not.toContain('0\r\n\r\n');
      expect(at.gone).toEqual([]);
    });
  });
}

function endsContract(transport: Transport): void {
  describe('who is gone', () => {
    it.each<[string, string, (exchange: Exchange) => void]>([
      ['before its body is there', requestOf('PUT /a', 'Content-Length: 9'), echoBody],
      ['before it is read', requestOf('PUT /a', 'Content-Length: 9'), () => {}],
      ['before it is answered', requestOf('GET /a'), () => {}],
      [
        'before its answer is ended',
        requestOf('GET /a'),
        (exchange) => exchange.stream(OK).write('some'),
      ],
      [
        'that takes nothing of its answer',
        requestOf('GET /a'),
        (exchange) => exchange.stream(OK).write('x'.repeat(20_000_000)),
      ],
    ])('is told of, once, %s', async (_, request, onExchange) => {
      const at = await answering(transport, onExchange);
      const raw = await connectRaw(at.listener);
      raw.tcp.pause();
      raw.tcp.write(request);
      await until(() => at.seen.length === 1);
      raw.reset();
      await until(() => at.gone.length === 1);
      const [exchange] = at.seen;
      exchange?.answer(OK, 'too late');
      exchange?.stream(OK).write('too late');
      exchange?.readBody(10, () => {
        throw new Error('there is no body');
      });
      let tells = 0;
      exchange?.onGone(() => {
        tells += 1;
      });
      await until(() => tells === 1);
      expect(at.gone.length).toBe(1);
      await connectRaw(at.listener);
    });
  });
}
