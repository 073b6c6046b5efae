import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, connectRaw, echo, host, pair, until, upgradeHead } from './scene.contract.ts';
import type { Transport } from './transport.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

export function listeningContract(transport: Transport, other: Transport): void {
  describe('listening', () => {
    it.each(['127.0.0.1', 'localhost', '0.0.0.0', ...(hasIpv6 ? ['::1', '::'] : [])])(
      'accepts connections on %s',
      async (name) => {
        const at = await host(transport, echo, { host: name });
        const from = name === 'localhost' ? 'localhost' : at.listener.host;
        const bracketed = from.includes(':') ? `[${from}]` : from;
        const client = await connect(`ws://${bracketed}:${at.listener.port}/v1`);
        client.ws.send('hello');
        await until(() => client.frames.length === 1);
        const remote = at.peers[0]?.socket.remote;
        expect(remote).toMatch(/^(127\.0\.0\.1(:\d+)?|::1|\[::1\]:\d+)$/);
      },
    );

    it.runIf(hasIpv6)('shows IPv4 clients as such, wherever they come in (with IPv6)', async () => {
      const at = await host(transport, {}, { host: '::' });
      await connect(`ws://127.0.0.1:${at.listener.port}/v1`);
      expect(at.peers[0]?.socket.remote).toMatch(/^127\.0\.0\.1(:\d+)?$/);
    });

    it('has a port of its own', async () => {
      const one = await host(transport);
      const two = await host(transport);
      expect(one.listener.port).toBeGreaterThan(0);
      expect(two.listener.port).not.toBe(one.listener.port);
    });

    it.each([
      ['itself', transport],
      ['the other transport', other],
    ])('is refused a port that %s holds', async (_, holder) => {
      const { listener } = await host(holder, {}, { port: await freePort() });
      await expect(host(transport, {}, { port: listener.port })).rejects.toMatchObject({
        code: 'EADDRINUSE',
        message: expect.stringContaining(`127.0.0.1:${listener.port}`),
      });
      await expect(
        host(transport, {}, { host: '0.0.0.0', port: listener.port }),
      ).rejects.toMatchObject({ code: 'EADDRINUSE' });
    });

    it('is refused a port that another program holds', async () => {
      const { server, port } = await listenPlainly();
      onTestFinished(() => {
        server.close();
      });
      await expect(host(transport, {}, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    });

    it.each([
      ['an address of another machine', '192.0.2.1', /^EADDRNOTAVAIL$/],
      ['a name that is none', 'no such host', /^(ENOTFOUND|EAI_AGAIN)$/],
    ])('is refused %s', async (_, name, code) => {
      const attempt = host(transport, {}, { host: name });
      await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(code) });
    });

    it('stops accepting, while what is open lives on and others may take the port', async () => {
      const at = await host(transport, echo, { port: await freePort() });
      const { client, peer } = await pair(at);
      at.listener.stopAccepting();
      at.listener.stopAccepting();
      await expect(connect(at.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      client.ws.send('still here');
      await until(() => client.frames.length === 1);
      expect(peer.closes).toEqual([]);
      const heir = await host(other, echo, { port: at.listener.port });
      await connect(heir.url);
      expect(heir.peers.length).toBe(1);
      expect(at.peers.length).toBe(1);
    });

    it('lets nobody in who was at the door when it stopped accepting', async () => {
      const at = await host(transport);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(upgradeHead);
      // Connections are accepted in order, so the one before it is in.
      await connect(at.url);
      at.listener.stopAccepting();
      raw.tcp.write('\r\n');
      await until(() => raw.phase !== 'open');
      expect(raw.received).not.toContain('101');
      expect(at.peers.length).toBe(1);
    });

    it('drops all connections when it closes, and the port is free', async () => {
      const at = await host(transport, {}, { port: await freePort() });
      const pairs = [await pair(at), await pair(at), await pair(at)];
      const silent = await connectRaw(at.listener);
      const halfway = await connectRaw(at.listener);
      halfway.tcp.write(upgradeHead);
      pairs[2]?.peer.socket.close(4000, 'before');
      await at.listener.close();
      expect(pairs.map(({ peer }) => peer.closes)).toEqual([[1006], [1006], [1006]]);
      await at.listener.close();
      await until(() => pairs.every(({ client }) => client.closes.length === 1));
      await until(() => silent.phase !== 'open' && halfway.phase !== 'open');
      const heir = await host(transport, {}, { port: at.listener.port });
      await connect(heir.url);
    });

    it('drops all even where an owner ends others as its own ends', async () => {
      const at = await host(transport, {
        onClose: () => {
          for (const { socket } of at.peers) socket.terminate();
        },
      });
      const clients = [await connect(at.url), await connect(at.url), await connect(at.url)];
      await at.listener.close();
      await until(() => clients.every(({ closes }) => closes.length === 1));
      expect(at.peers.map(({ closes }) => closes)).toEqual([[1006], [1006], [1006]]);
    });
  });
}

async function listenPlainly(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}

/** uWebSockets.js does not let others reuse a port that it chose itself, as all servers do with named ones. */
async function freePort(): Promise<number> {
  const { server, port } = await listenPlainly();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
