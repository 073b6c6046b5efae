import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import {
  type Client,
  closedGate,
  connect,
  connectRaw,
  type Host,
  host,
  type Peer,
  refused,
  until,
  upgradeHead,
} from './scene.contract.ts';
import type { ListenOptions, Refusal, Transport } from './transport.ts';

/** The first word says whose it is; who says none goes when others wait. */
const polite = {
  onMessage: ({ socket }: Peer) => socket.known(),
  onCrowded: ({ socket }: Peer) => socket.close(4420, 'others wait'),
};

/** Two may be inside, and time stands still. */
async function narrow(
  transport: Transport,
  options: Partial<ListenOptions> = {},
  reactions: Partial<typeof polite> = polite,
) {
  const clock = new VirtualClock();
  const whys: string[] = [];
  const told = {
    ...{ clock, strangersMax: 2, strangersOfNetworkMax: 2 },
    onRefused: (why: Refusal) => whys.push(why),
    ...options,
  };
  const at = await host(transport, reactions, told, { knowsAll: false });
  /** Lets time pass until it is true. */
  const pass = (condition: () => boolean) =>
    until(() => {
      clock.advanceAtOnce(100);
      return condition();
    });
  return { at, whys, pass };
}

/** Who comes now has to wait. */
async function filled({ url }: Host): Promise<readonly [Client, Client]> {
  return [await connect(url), await connect(url)];
}

/** The server has read what was sent before. */
async function isRead(at: Host): Promise<void> {
  expect((await refused(at.url.replace('/v1', '/v2'))).status).toBe(404);
}

export function doorwayContract(transport: Transport): void {
  describe('W10 connections of which nobody knows yet whose they are', () => {
    it('come in all when they come at once, with no more at a time than may be', async () => {
      const { at, whys } = await narrow(transport);
      const isStranger = ({ messages, closes }: Peer) => messages.length + closes.length === 0;
      let most = 0;
      const coming = Array.from({ length: 100 }, async () => {
        const { ws } = await connect(at.url);
        most = Math.max(most, at.peers.filter(isStranger).length);
        ws.send('who I am');
      });
      await Promise.all(coming);
      await until(() => !at.peers.some(isStranger));
      expect(at.peers.length).toBe(100);
      expect(most).toBeLessThanOrEqual(2);
      expect(whys).toEqual([]);
    });

    it('are upgraded as they asked for, and are whose they were, after they waited', async () => {
      const { at } = await narrow(transport, {
        gate: { ...closedGate, trustedProxies: { includes: (peer) => peer === '127.0.0.1' } },
        strangersOfNetworkMax: 1,
      });
      const from = (address: string) =>
        connect(at.url, { headers: { 'x-forwarded-for': address } });
      const first = await from('192.0.2.1');
      const waiting = from('192.0.2.1');
      await isRead(at);
      await from('192.0.2.2');
      first.ws.send('who I am');
      expect((await waiting).ws.protocol).toBe('confer.v1');
      expect(at.peers.map(({ socket }) => socket.address)).toEqual([
        ...['192.0.2.1', '192.0.2.2', '192.0.2.1'],
      ]);
      expect(at.peers[2]?.socket.isProxied).toBe(true);
      (await waiting).ws.send('who I am');
      await until(() => at.peers[2]?.messages.length === 1);
    });

    it('make room once they had their time and others wait, and are told so where that costs nothing', async () => {
      const { at, pass } = await narrow(transport);
      const [silent] = await filled(at);
      const waiting = connect(at.url);
      await pass(() => at.peers.length === 3);
      await waiting;
      await until(() => silent.closes.length === 1);
      const end = { ws: { code: 4420, reason: 'others wait' }, uws: { code: 1006, reason: '' } };
      expect(silent.closes).toEqual([end[transport.name]]);
      expect(at.peers[0]).toMatchObject({ crowds: 1, closes: [4420] });
    });

    it('are refused with 503, and told when to come back, where they would wait too long', async () => {
      const { at, whys, pass } = await narrow(transport, {}, {});
      await filled(at);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await pass(() => raw.phase !== 'open');
      expect(raw.received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(raw.received).toMatch(/\r\nretry-after: 5\r\n/i);
      expect(raw.received).toContain('wait to come in');
      expect(whys).toEqual(['crowded']);
      expect(at.peers.map(({ closes }) => closes)).toEqual([[], []]);
    });

    it('are turned away with 503 when the listener stops', async () => {
      const { at, whys } = await narrow(transport);
      await filled(at);
      const waiting = refused(at.url);
      await isRead(at);
      at.listener.stopAccepting();
      expect(await waiting).toEqual({ status: 503, text: 'This server is shutting down.\n' });
      expect(whys).toEqual([]);
    });

    it('are not more than the connections that there may be when it is their turn', async () => {
      const { at, whys } = await narrow(transport, { connectionsMax: 3 });
      const inside = await filled(at);
      const waiting = Promise.allSettled([connect(at.url), connect(at.url)]);
      await isRead(at);
      for (const { ws } of inside) ws.send('who I am');
      const ends = await waiting;
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(String(ends.map((end) => 'reason' in end && end.reason))).toContain('503');
      expect(whys).toEqual(['full']);
      expect(at.peers.length).toBe(3);
    });

    it.each([
      ['goes', 'reset'],
      ['sends what nobody asked for', 'send'],
    ] as const)('are not waited for where one %s while it waits', async (_, how) => {
      // Those that have gone may be there a moment longer.
      const { at } = await narrow(transport, { handshakesMax: 6 });
      const [inside] = await filled(at);
      for (let times = 0; times < 5; times += 1) {
        const raw = await connectRaw(at.listener);
        raw.tcp.write(`${upgradeHead}\r\n`);
        await isRead(at);
        if (how === 'reset') raw.reset();
        else raw.tcp.write(Buffer.alloc(1_000, 0x81));
        await until(() => raw.phase !== 'open');
        raw.reset();
        expect(raw.received).not.toContain('101');
      }
      const next = connect(at.url);
      await isRead(at);
      inside.ws.send('who I am');
      await next;
      expect(at.peers.length).toBe(3);
    });

    it('are told why they are ended once a word of theirs came', async () => {
      const { at } = await narrow(transport, {}, {});
      const [stranger] = await filled(at);
      stranger.ws.send('no word that anybody knows');
      await until(() => at.peers[0]?.messages.length === 1);
      at.peers[0]?.socket.close(4400, 'what?');
      await until(() => stranger.closes.length === 1);
      expect(stranger.closes).toEqual([{ code: 4400, reason: 'what?' }]);
    });

    it('keep nobody waiting once they are gone, whoever ended them', async () => {
      const { at } = await narrow(transport);
      const [one] = await filled(at);
      at.peers[1]?.socket.close(4400, 'go');
      await connect(at.url);
      one.ws.terminate();
      await connect(at.url);
      at.peers[2]?.socket.terminate();
      await connect(at.url);
      expect(at.peers.length).toBe(5);
    });
  });
}
