import { describe, expect, it } from 'vitest';
import {
  connect,
  connectRaw,
  echo,
  host,
  pair,
  refused,
  until,
  upgradeHead,
} from './scene.contract.ts';
import type { Transport } from './transport.ts';

export function httpContract(transport: Transport): void {
  describe('the handshake', () => {
    it.each([
      ['offered alone', 'confer.v1'],
      ['offered among others', ['chat', 'confer.v1', 'confer.v2']],
    ])('selects the subprotocol %s', async (_, protocols) => {
      const at = await host(transport, echo);
      const { ws } = await connect(at.url, { protocols });
      expect(ws.protocol).toBe('confer.v1');
    });

    it('accepts a client that offers none', async () => {
      const at = await host(transport, echo);
      const client = await connect(at.url, { protocols: [] });
      expect(client.ws.protocol).toBe('');
      client.ws.send('hello');
      await until(() => client.frames.length === 1);
    });

    it('refuses a client that offers only others', async () => {
      const at = await host(transport);
      const answer = await refused(at.url, { protocols: ['confer.v9', 'confer.v10'] });
      expect(answer.status).toBe(400);
      expect(answer.text).toBe(
        'This server speaks the subprotocol confer.v1, which was not offered.\n',
      );
      expect(at.peers).toEqual([]);
    });

    it('has only one place', async () => {
      const at = await host(transport);
      for (const path of ['', '/', '/v2', '/v1/', '/v1/x']) {
        const answer = await refused(at.url.replace('/v1', path));
        expect(answer.status).not.toBe(101);
      }
      expect((await refused(at.url.replace('/v1', '/v2'))).status).toBe(404);
      await connect(`${at.url}?whatever=ignored`);
    });

    it('accepts no compression', async () => {
      const at = await host(transport);
      const { ws } = await connect(at.url, { perMessageDeflate: true });
      expect(ws.extensions).toBe('');
    });
  });

  describe('plain HTTP', () => {
    it.each([
      ['GET', '/', 200, /^This is a Confer server\. .*\/v1\.\n$/],
      ['GET', '/?x=1', 200, /Confer/],
      ['GET', '/v1', 426, /^\/v1 speaks WebSocket only, with the subprotocol confer\.v1\.\n$/],
      ['POST', '/v1', 426, /WebSocket/],
      ['GET', '/favicon.ico', 404, /^Nothing here\./],
      ['DELETE', '/x/y', 404, /^Nothing here\./],
      ['HEAD', '/', 200, /^$/],
      ['HEAD', '/x', 404, /^$/],
    ])('answers %s %s with %i', async (method, path, status, text) => {
      const at = await host(transport);
      const body = method === 'POST' ? { body: 'some body' } : {};
      const url = `http://127.0.0.1:${at.listener.port}${path}`;
      const response = await fetch(url, { method, ...body });
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toMatch(text);
      if (status === 426) expect(response.headers.get('upgrade')).toBe('websocket');
    });

    it('answers in plain HTTP who would upgrade to something else', async () => {
      const at = await host(transport);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(
        'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      );
      await until(() => raw.received.includes('This is a Confer server.'));
      expect(raw.received).toMatch(/^HTTP\/1\.1 200 /);
    });
  });

  describe('what is no HTTP', () => {
    it.each([
      ['noise', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 31 + 7) % 256))],
      ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
      ['line breaks', Buffer.from('\r\n'.repeat(1000))],
      ['endless headers', Buffer.from(`GET /v1 HTTP/1.1\r\nx: ${'y'.repeat(200_000)}`)],
      ['half a handshake', Buffer.from(upgradeHead)],
      [
        'an upgrade without a key',
        Buffer.from(`${upgradeHead.replace(/Sec-WebSocket-Key.*\r\n/, '')}\r\n`),
      ],
      ['a frame before the handshake', Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
    ])('does not hurt others: %s', async (_, bytes) => {
      const at = await host(transport, echo);
      const { client, peer } = await pair(at);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(bytes);
      raw.tcp.end();
      client.ws.send('still here');
      await until(() => client.frames.length === 1 && raw.phase !== 'open');
      raw.tcp.destroy();
      expect(peer.closes).toEqual([]);
      expect(at.peers.length).toBe(1);
    });

    it('does not mind connections that are reset in the middle of a handshake', async () => {
      const at = await host(transport, echo);
      for (let times = 0; times < 20; times += 1) {
        const raw = await connectRaw(at.listener);
        raw.tcp.write(`${upgradeHead}${times % 2 === 0 ? '\r\n' : ''}`);
        raw.reset();
      }
      const { client } = await pair(at);
      client.ws.send('still here');
      await until(() => client.frames.length === 1);
      await until(() => at.peers.filter(({ closes }) => closes.length === 0).length === 1);
    });
  });
}
