import { describe, expect, it } from 'vitest';
import { answering, ask, echoBody, OK, requestOf } from './exchange.contract.ts';
import { until } from './scene.contract.ts';
import type { Transport } from './transport.ts';

/** More than the kernel takes of one who does not read. */
const LONG_BYTES = 12 * 1024 * 1024;

export function exchangeBodiesContract(transport: Transport): void {
  describe('the body of a request', () => {
    it.each([
      ['at once', 0],
      ['later', 50],
    ])('is read whole that comes in pieces, %s', async (_, delayMs) => {
      const at = await answering(transport, (exchange) => {
        if (delayMs === 0) echoBody(exchange);
        else setTimeout(() => echoBody(exchange), delayMs);
      });
      const raw = await ask(at, 'PUT /a', 'Content-Length: 800000');
      for (let times = 0; times < 8; times += 1) raw.tcp.write('abcde'.repeat(20_000));
      await until(() => raw.received.endsWith(`\r\n\r\n${'abcde'.repeat(160_000)}`));
      // And nothing of it was taken for another request.
      raw.tcp.write(requestOf('PUT /b', 'Content-Length: 0'));
      await until(() => at.seen.length === 2 && raw.received.endsWith('\r\n\r\n'));
    });

    it('is what was sent, byte by byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      let body: Uint8Array = Buffer.of();
      const at = await answering(transport, (exchange) => {
        exchange.readBody(256, (read) => {
          body = read;
          exchange.answer(OK);
        });
      });
      const raw = await ask(at, 'PUT /a', 'Content-Length: 256');
      for (const byte of bytes) raw.tcp.write(Buffer.of(byte));
      await until(() => raw.received.endsWith('\r\n\r\n'));
      expect(Buffer.from(body)).toEqual(bytes);
    });

    it('is empty where there is none', async () => {
      const at = await answering(transport, echoBody);
      const raw = await ask(at, 'DELETE /a');
      await until(() => raw.received.endsWith('\r\n\r\n'));
      expect(raw.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });

    it('is refused with 413 that is longer than it may be, and its connection ends', async () => {
      const at = await answering(transport, (exchange) => {
        exchange.readBody(1_000, (body) => exchange.answer(OK, body));
      });
      const fits = await ask(at, 'PUT /a', 'Content-Length: 1000');
      fits.tcp.write('x'.repeat(1_000));
      await until(() => fits.received.endsWith('x'.repeat(1_000)));
      const raw = await ask(at, 'PUT /a', 'Content-Length: 1001');
      await until(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/^HTTP\/1\.1 413 /);
      expect(raw.received.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(at.gone).toEqual([at.seen[1]]);
    });

    it('is read over that nobody wants, and the connection goes on', async () => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, 'no'));
      const raw = await ask(at, 'PUT /a', 'Content-Length: 65536');
      raw.tcp.write('GET / HTTP/1.1\r\n'.repeat(4_095));
      await until(() => at.seen.length === 1);
      expect(raw.received).toBe('');
      raw.tcp.write('GET / HTTP/1.1\r\n');
      await until(() => raw.received.endsWith('no'));
      raw.tcp.write(requestOf('GET /next'));
      await until(() => at.seen.length === 2 && raw.received.split('no').length === 3);
    });

    it('does not take the answer along where it is too long', async () => {
      const at = await answering(transport, (exchange) => {
        exchange.readBody(1_000, (body) => exchange.answer(OK, body));
      });
      for (let times = 0; times < 5; times += 1) {
        const raw = await ask(at, 'PUT /a', `Content-Length: ${LONG_BYTES}`);
        // As programs do that look at the answer once they have sent all.
        raw.tcp.pause();
        await new Promise((resolve, reject) =>
          raw.tcp.once('error', reject).write(Buffer.alloc(LONG_BYTES), resolve),
        );
        raw.tcp.resume();
        await until(() => raw.phase !== 'open');
        expect(raw.received).toMatch(/^HTTP\/1\.1 413 .*at most 1000 bytes/s);
      }
    });

    it.each([
      ['is not waited for that does not come', 70_000],
      ['is not read over where it is longer than 16 MiB', 16 * 1024 * 1024 + 2],
    ])('%s', async (_, bytes) => {
      const at = await answering(transport, (exchange) => exchange.answer(OK, 'no'));
      const raw = await ask(at, 'PUT /a', `Content-Length: ${bytes}`);
      raw.tcp.write('x');
      await until(() => raw.phase !== 'open');
      expect(raw.received.endsWith('no')).toBe(true);
      expect(raw.received.toLowerCase()).toContain('\r\nconnection: close\r\n');
    });

    it('is announced to who waits for leave to send it', async () => {
      const at = await answering(transport, echoBody);
      const raw = await ask(at, 'PUT /a', 'Content-Length: 4', 'Expect: 100-continue');
      await until(() => raw.received === 'HTTP/1.1 100 Continue\r\n\r\n');
      raw.tcp.write('well');
      await until(() => raw.received.endsWith('well'));
    });
  });
}
