import { describe, expect, it } from 'vitest';
import type { AnswerStream, Exchange } from './exchange.ts';
import { connectRaw, type Host, host, type Raw, until } from './scene.contract.ts';
import type { Transport } from './transport.ts';

const OK = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } };

/** A server whose requests are answered so, and what has come to it. */
async function answering(
  transport: Transport,
  onExchange: (exchange: Exchange) => void,
): Promise<Host & { readonly seen: readonly Exchange[] }> {
  const seen: Exchange[] = [];
  const at = await host(
    transport,
    {},
    {
      onExchange: (exchange) => {
        seen.push(exchange);
        onExchange(exchange);
      },
    },
  );
  return { ...at, seen };
}

/** Says the body back, once it is there. */
const echoBody = (exchange: Exchange) =>
  exchange.readBody(1_000_000, (body) => exchange.answer(OK, body));

async function ask(at: Host, ...lines: readonly string[]): Promise<Raw> {
  const raw = await connectRaw(at.listener);
  raw.tcp.write(`${lines.join('\r\n')}\r\n\r\n`);
  return raw;
}

export function exchangeContract(transport: Transport): void {
  describe('an exchange', () => {
    it('is told what was asked, and its answer is read', async () => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, 'well'));
      const raw = await ask(at, 'GET /a/b%20c?x=1 HTTP/1.1', 'Host: localhost', 'X-Y: z');
      await until(() => raw.received.endsWith('well'));
      expect(at.seen[0]?.head).toMatchObject({ method: 'GET', path: '/a/b%20c', query: 'x=1' });
      expect(at.seen[0]?.head.headers.get('x-y')).toEqual(['z']);
      expect(at.seen[0]?.peer.address).toBe('127.0.0.1');
      expect(raw.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(raw.received.toLowerCase()).toContain('\r\ncontent-length: 4\r\n');
      raw.tcp.write('GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(() => at.seen.length === 2 && raw.received.split('well').length === 3);
    });

    it('reads a body that comes in chunks, whose length nobody has said', async () => {
      const at = await answering(transport, echoBody);
      const raw = await ask(at, 'PUT /a HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked');
      raw.tcp.write('3\r\nabc\r\n');
      raw.tcp.write('4\r\ndefg\r\n0\r\n\r\n');
      await until(() => raw.received.endsWith('\r\n\r\nabcdefg'));
    });

    it('reads a body that comes in pieces, and later', async () => {
      const at = await answering(transport, (exchange) => {
        setTimeout(() => echoBody(exchange), 50);
      });
      const raw = await ask(at, 'PUT /a HTTP/1.1', 'Host: localhost', 'Content-Length: 400000');
      for (let times = 0; times < 4; times += 1) raw.tcp.write('abcde'.repeat(20_000));
      await until(() => raw.received.endsWith(`\r\n\r\n${'abcde'.repeat(80_000)}`));
    });

    it('answers in pieces', async () => {
      let stream: AnswerStream | undefined;
      const at = await answering(transport, (exchange) => {
        stream = exchange.stream(OK);
      });
      const raw = await ask(at, 'GET /a HTTP/1.1', 'Host: localhost');
      await until(() => stream !== undefined);
      stream?.write('first');
      await until(() => raw.received.includes('first'));
      stream?.write('second');
      stream?.end();
      await until(() => raw.received.endsWith('0\r\n\r\n'));
    });

    it('tells of a body that is too large, and ends', async () => {
      const at = await answering(transport, echoBody);
      const raw = await ask(at, 'PUT /a HTTP/1.1', 'Host: localhost', 'Content-Length: 1000001');
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/^HTTP\/1\.1 413 /);
    });
  });
}
