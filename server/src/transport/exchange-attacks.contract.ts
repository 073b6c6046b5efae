import { describe, expect, it } from 'vitest';
import { answering, ask, echoBody, OK, requestOf } from './exchange.contract.ts';
import { connect, connectRaw, until } from './scene.contract.ts';
import type { Transport } from './transport.ts';

const HOST = 'Host: localhost';
const KEY = 'Idempotency-Key';

/** A request of these very lines, and bytes behind it. */
const lines = (...all: readonly string[]) => `${all.join('\r\n')}\r\n\r\n`;

/** What stands behind each attack, for who may be led to read it as another request. */
const SMUGGLED = requestOf('PUT /smuggled', 'Content-Length: 0');

/** Requests that have two meanings, or one that this server has nothing for. */
const attacks: readonly (readonly [name: string, bytes: string])[] = [
  [
    'a length and chunks',
    lines('POST /a HTTP/1.1', HOST, 'Content-Length: 5', 'Transfer-Encoding: chunked'),
  ],
  [
    'chunks and a length',
    lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'Content-Length: 5'),
  ],
  [
    'chunks',
    `${lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
  ],
  [
    'a chunk without its end',
    `${lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}5\r\nhelloXX0\r\n\r\n`,
  ],
  [
    'a chunk of no length',
    `${lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}zz\r\n`,
  ],
  [
    'a chunk of an endless length',
    `${lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}fffffffffffffffff\r\n`,
  ],
  [
    'chunks with an extension',
    `${lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}5;a=b\r\nhello\r\n0\r\n\r\n`,
  ],
  [
    'chunks with a trailer',
    `${lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked')}0\r\nX: y\r\n\r\n`,
  ],
  ['chunks of chunks', lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked, chunked')],
  ['chunks of something', lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: gzip, chunked')],
  [
    'chunks in two headers',
    lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'),
  ],
  ['the identity', lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: identity')],
  [
    'chunks by another spelling',
    lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: xchunked', 'Content-Length: 3'),
  ],
  ['chunks behind a tabulator', lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding:\tchunked')],
  ['two lengths', lines('POST /a HTTP/1.1', HOST, 'Content-Length: 0', 'Content-Length: 5')],
  ['two lengths in one', lines('POST /a HTTP/1.1', HOST, 'Content-Length: 5, 5')],
  ['a length with a sign', lines('POST /a HTTP/1.1', HOST, 'Content-Length: +5')],
  ['a length below nothing', lines('POST /a HTTP/1.1', HOST, 'Content-Length: -1')],
  ['a length in hexadecimal', lines('POST /a HTTP/1.1', HOST, 'Content-Length: 0x5')],
  ['a length that is no whole number', lines('POST /a HTTP/1.1', HOST, 'Content-Length: 1e1')],
  [
    'a length beyond counting',
    lines('POST /a HTTP/1.1', HOST, 'Content-Length: 99999999999999999999'),
  ],
  ['an empty length', lines('POST /a HTTP/1.1', HOST, 'Content-Length:')],
  ['no host', lines('GET /a HTTP/1.1', 'X: y')],
  ['two hosts', lines('GET /a HTTP/1.1', HOST, HOST)],
  ['line feeds alone', `GET /a HTTP/1.1\n${HOST}\n\n`],
  ['an address of another server', lines('GET http://evil.example/a HTTP/1.1', HOST)],
  ['an address of this server', lines('GET http://localhost/a HTTP/1.1', HOST)],
  ['no address', lines('GET HTTP/1.1', HOST)],
  ['an address without a slash', lines('GET a HTTP/1.1', HOST)],
  ['an address with a space', lines('GET /a b HTTP/1.1', HOST)],
  ['an address with letters of no alphabet', lines('GET /\x01 HTTP/1.1', HOST)],
  ['an address that is not escaped', lines('GET /ä HTTP/1.1', HOST)],
  ['an address of 40 KiB', lines(`GET /${'a'.repeat(40_000)} HTTP/1.1`, HOST)],
  ['an address with a fragment', lines('GET /a#/b HTTP/1.1', HOST)],
  ['parameters with a fragment', lines('GET /a?b=1#c HTTP/1.1', HOST)],
  ['two names for one write', lines('GET /a HTTP/1.1', HOST, `${KEY}: a`, `${KEY}: b`)],
  ['two positions', lines('GET /a HTTP/1.1', HOST, 'Last-Event-ID: e.1', 'last-event-id: e.2')],
  ['everything', lines('OPTIONS * HTTP/1.1', HOST)],
  ['a tunnel', lines('CONNECT localhost:22 HTTP/1.1', HOST)],
  ['a tunnel to a path', lines('CONNECT /a HTTP/1.1', HOST)],
  ['an echo', lines('TRACE /a HTTP/1.1', HOST)],
  ['a method that nobody knows', lines('FETCH /a HTTP/1.1', HOST)],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/2 by its number', lines('GET /a HTTP/2.0', HOST)],
  ['HTTP/1.0', lines('GET /a HTTP/1.0', HOST)],
  ['HTTP/1.0 that would stay', lines('GET /a HTTP/1.0', HOST, 'Connection: keep-alive')],
  ['HTTP/0.9', 'GET /a\r\n\r\n'],
];

/** Headers that a library may take for the beginning of others: it drops them without a word, after ten seconds. */
const riddles: typeof attacks = [
  ['a folded header', lines('GET /a HTTP/1.1', HOST, 'X: a', ' Content-Length: 5')],
  ['a header that begins with a space', lines('GET /a HTTP/1.1', ' X: y', HOST)],
  ['a space before a colon', lines('POST /a HTTP/1.1', HOST, 'Content-Length : 5')],
  ['a header without a colon', lines('GET /a HTTP/1.1', HOST, 'Content-Length')],
  ['a NUL', lines('GET /a HTTP/1.1', HOST, 'X: a\0b')],
  ['a line feed alone within', `GET /a HTTP/1.1\r\n${HOST}\nContent-Length: 5\r\n\r\n`],
  ['a carriage return alone', `GET /a HTTP/1.1\r\n${HOST}\rX: y\r\n\r\n`],
];

export function exchangeAttacksContract(transport: Transport): void {
  describe('a request that is none (attacks 21, 26, 29, 30)', () => {
    it.each(attacks)(
      'reaches nobody, and what stands behind it does not either: %s',
      async (_, bytes) => {
        const at = await answering(transport, echoBody);
        const raw = await connectRaw(at.listener);
        raw.tcp.write(Buffer.from(`${bytes}${SMUGGLED}${SMUGGLED}`, 'latin1'));
        await until(() => raw.phase !== 'open');
        // What a library does not understand at all it may drop without a word.
        if (raw.received !== '')
          expect(raw.received).toMatch(/^HTTP\/1\.1 (400|411|421|431|501|505) /);
        expect(raw.received.split('HTTP/1.1 ').length).toBeLessThanOrEqual(2);
        expect(at.seen).toEqual([]);
      },
    );

    it.each(riddles)('reaches nobody: %s', async (_, bytes) => {
      const at = await answering(transport, echoBody);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(Buffer.from(`${bytes}${SMUGGLED}`, 'latin1'));
      const other = await ask(at, 'GET /other');
      await until(() => other.received.endsWith('\r\n\r\n'));
      expect(raw.received).toMatch(/^(HTTP\/1\.1 400 .*)?$/s);
      expect(at.seen.map(({ head }) => head.path)).toEqual(['/other']);
    });

    it('is told what it lacks, where it comes in chunks', async () => {
      const at = await answering(transport, echoBody);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(lines('POST /a HTTP/1.1', HOST, 'Transfer-Encoding: chunked'));
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/^HTTP\/1\.1 411 .*--data-binary/s);
    });
  });

  describe('requests that come behind each other', () => {
    it('are answered in their turn, where each is answered at once', async () => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, exchange.head.path));
      const raw = await connectRaw(at.listener);
      const paths = Array.from({ length: 100 }, (_, index) => `/${index}.`);
      raw.tcp.write(paths.map((path) => requestOf(`GET ${path}`)).join(''));
      await until(() => raw.received.endsWith('/99.'));
      const told = [...raw.received.matchAll(/\r\n\r\n(\/[0-9]+\.)/g)].map(([, path]) => path);
      expect(told).toEqual(paths);
    });

    it.each([
      ['in one piece', 0],
      ['in two', 30],
    ])('end their connection, where one is not answered yet: %s', async (_, delayMs) => {
      const at = await answering(transport, (exchange) => {
        exchange.readBody(10, () => {});
      });
      const raw = await connectRaw(at.listener);
      const first = requestOf('PUT /a', 'Content-Length: 2');
      raw.tcp.write(delayMs === 0 ? `${first}ab${SMUGGLED}` : `${first}ab`);
      await until(() => at.seen.length === 1);
      if (delayMs > 0) raw.tcp.write(SMUGGLED);
      await until(() => raw.phase !== 'open' && at.gone.length === 1);
      expect(at.seen.map(({ head }) => head.path)).toEqual(['/a']);
      expect(raw.received).toBe('');
    });

    it('are not read that stand behind an answer which is the last', async () => {
      const at = await answering(transport, (exchange) => {
        exchange.readBody(1, () => {});
      });
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${requestOf('PUT /a', 'Content-Length: 5')}hello${SMUGGLED}`);
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/^(HTTP\/1\.1 413 .*)?$/s);
      expect(raw.received.split('HTTP/1.1 ').length).toBeLessThanOrEqual(2);
      expect(at.seen.map(({ head }) => head.path)).toEqual(['/a']);
    });

    it('may ask for a WebSocket at last', async () => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, 'well'));
      const raw = await connectRaw(at.listener);
      raw.tcp.write(requestOf('GET /a'));
      await until(() => raw.received.endsWith('well'));
      raw.tcp.write(
        requestOf(
          'GET /v1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ),
      );
      await until(() => at.peers.length === 1 && raw.received.includes(' 101 '));
      await connect(at.url);
    });
  });
}
