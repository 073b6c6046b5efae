import { describe, expect, it } from 'vitest';
import {
  type Client,
  connect,
  connectRaw,
  echo,
  frameOf,
  type Host,
  host,
  pair,
  type Raw,
  refused,
  until,
  upgradeHead,
} from './scene.contract.ts';
import type { Transport } from './transport.ts';

export function limitsContract(transport: Transport): void {
  describe('W10 room for connections', () => {
    it('refuses those beyond it with 503, until one goes', async () => {
      const whys: string[] = [];
      const at = await host(transport, echo, {
        connectionsMax: 2,
        onRefused: (why) => whys.push(why),
      });
      const first = await pair(at);
      await pair(at);
      for (let times = 0; times < 50; times += 1) {
        const answer = await refused(at.url);
        expect(answer.status).toBe(503);
        expect(answer.text).toBe('This server has as many connections as it may.\n');
      }
      expect(whys).toEqual(Array(50).fill('full'));
      expect(at.peers.length).toBe(2);
      first.client.ws.close();
      await until(() => first.client.closes.length === 1 && first.peer.closes.length === 1);
      const next = await pair(at);
      next.client.ws.send('in');
      await until(() => next.client.frames.length === 1);
    });

    it('is not kept for a stranger whose first frame is none, nor read on', async () => {
      const at = await host(transport, {}, { frameBytesMax: 1_024 }, { knowsAll: false });
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => at.peers.length === 1);
      // The beginning of a frame of a gigabyte.
      raw.tcp.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0]));
      await until(() => {
        raw.tcp.write('more of it');
        return raw.phase === 'closed';
      });
      expect(at.peers[0]?.closes.length).toBe(1);
    });

    it('counts a connection whose peer does not answer a close', async () => {
      const at = await host(transport, {}, { connectionsMax: 1 });
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => at.peers.length === 1);
      at.peers[0]?.socket.close(4400, 'go');
      await until(() => at.peers[0]?.closes.length === 1);
      expect((await refused(at.url)).status).toBe(503);
    });

    it('drops handshakes beyond their number, and serves those that are there', async () => {
      const whys: string[] = [];
      const at = await host(transport, echo, {
        handshakesMax: 10,
        onRefused: (why) => whys.push(why),
      });
      const { client } = await pair(at);
      const dull: Raw[] = [];
      for (let times = 0; times < 30; times += 1) dull.push(await connectRaw(at.listener));
      await until(() => dull.filter(({ phase }) => phase !== 'open').length === 20);
      expect(whys).toEqual(Array(20).fill('handshakes'));
      client.ws.send('still here');
      await until(() => client.frames.length === 1);
      for (const { tcp } of dull) tcp.destroy();
      await comesIn(at);
    });

    it('drops handshakes that WebSockets leave no descriptor for', async () => {
      const at = await host(transport, echo, { socketsMax: 5 });
      const { client } = await pair(at);
      await pair(at);
      const dull: Raw[] = [];
      for (let times = 0; times < 10; times += 1) dull.push(await connectRaw(at.listener));
      await until(() => dull.filter(({ phase }) => phase !== 'open').length === 7);
      client.ws.send('still here');
      await until(() => client.frames.length === 1);
      for (const { tcp } of dull) tcp.destroy();
      await comesIn(at);
    });

    it('is not used up by connections that came and went in every way', async () => {
      const at = await host(transport, echo, { handshakesMax: 3, connectionsMax: 3 });
      for (let times = 0; times < 5; times += 1) {
        const { client, peer } = await pair(at);
        client.ws.terminate();
        await until(() => peer.closes.length === 1);
        const raw = await connectRaw(at.listener);
        raw.tcp.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        await until(() => raw.received !== '' && raw.phase !== 'open');
        raw.tcp.destroy();
        const reset = await connectRaw(at.listener);
        reset.tcp.write(`${upgradeHead}\r\n`);
        await until(() => reset.received !== '');
        reset.reset();
        await until(() => at.peers.every(({ closes }) => closes.length === 1));
      }
      await pair(at);
    });
  });

  describe('frames that nobody can take', () => {
    it.each([
      ['too large', Buffer.from(`81fe03e9${'0'.repeat(8)}${'61'.repeat(1_001)}`, 'hex')],
      ['broken', frameOf(1, Buffer.from([0xc3, 0x28]))],
    ] as const)('are told of as %s, once', async (problem, bytes) => {
      const at = await host(transport, {}, { frameBytesMax: 1_000 });
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => at.peers.length === 1);
      raw.tcp.write(Buffer.concat([bytes, bytes]));
      await until(() => at.peers[0]?.closes.length === 1);
      expect(at.peers[0]).toMatchObject({ badFrames: [problem], messages: [] });
    });
  });
}

/** Tries until it is let in: the server hears a little later that others have gone. */
async function comesIn(at: Host): Promise<void> {
  let client: Client | undefined;
  const attempt = async () => {
    while (client === undefined) client = await connect(at.url).catch(() => undefined);
  };
  void attempt();
  await until(() => client !== undefined);
}
