import { describe, expect, it } from 'vitest';
import {
  connectRaw,
  echo,
  frameOf,
  host,
  type Peer,
  pair,
  until,
  upgradeHead,
} from './scene.contract.ts';
import type { Transport } from './transport.ts';

export function closingContract(transport: Transport): void {
  describe('closing', () => {
    it('shows the code and the reason to the peer, and the code to the owner', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      peer.socket.send('last words');
      peer.socket.close(4401, 'who are you?');
      expect(peer.closes).toEqual([]);
      await until(() => client.closes.length === 1);
      expect(client.frames).toEqual(['last words']);
      expect(client.closes).toEqual([{ code: 4401, reason: 'who are you?' }]);
      expect(peer.closes).toEqual([4401]);
    });

    it.each([
      ['a', 'a'.repeat(123)],
      ['ä', 'ä'.repeat(61)],
      ['👋', '👋'.repeat(30)],
    ])('cuts a long reason of %s between two characters', async (character, kept) => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      peer.socket.close(4000, character.repeat(200));
      await until(() => client.closes.length === 1);
      expect(client.closes).toEqual([{ code: 4000, reason: kept }]);
    });

    it('tells the owner how the peer closed', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.send('bye');
      client.ws.close(1001, 'going away');
      await until(() => peer.closes.length === 1 && client.closes.length === 1);
      expect(peer).toMatchObject({ messages: ['bye'], closes: [1001] });
      expect(client.closes[0]?.code).toBe(1001);
    });

    it('tells 1005 when the peer closed without a code', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.close();
      await until(() => peer.closes.length === 1);
      expect(peer.closes).toEqual([1005]);
    });

    it('tells 1006 when the peer vanished', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.terminate();
      await until(() => peer.closes.length === 1);
      expect(peer.closes).toEqual([1006]);
    });

    it('terminates without a close frame', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      peer.socket.terminate();
      expect(peer.closes).toEqual([]);
      await until(() => client.closes.length === 1);
      expect(client.closes[0]?.code).toBe(1006);
      expect(peer.closes).toEqual([1006]);
    });

    it('lets the first of two ends win, but terminate overtakes close', async () => {
      const at = await host(transport);
      const one = await pair(at);
      one.peer.socket.close(4000, 'first');
      one.peer.socket.close(4001, 'second');
      const two = await pair(at);
      two.peer.socket.close(4000, 'never sent');
      two.peer.socket.terminate();
      await until(() => one.client.closes.length + two.client.closes.length === 2);
      expect(one.client.closes).toEqual([{ code: 4000, reason: 'first' }]);
      expect(one.peer.closes).toEqual([4000]);
      expect(two.client.closes[0]?.code).toBe(1006);
      expect(two.peer.closes).toEqual([1006]);
    });

    it('does nothing after the end', async () => {
      const at = await host(transport, { onClose: (peer) => useAll(peer) });
      const { client, peer } = await pair(at);
      peer.socket.close(4000, 'bye');
      useAll(peer, 'closing');
      await until(() => client.closes.length === 1 && peer.closes.length === 1);
      useAll(peer);
      expect(client.frames).toEqual([]);
      expect(client.closes).toEqual([{ code: 4000, reason: 'bye' }]);
      expect(peer.closes).toEqual([4000]);
    });

    it('hears nothing from a connection that it closed', async () => {
      const at = await host(transport, {
        onMessage: ({ socket }) => socket.close(4000, 'one is enough'),
      });
      const { client, peer } = await pair(at);
      for (const frame of ['one', 'two', 'three']) client.ws.send(frame);
      client.ws.send(Buffer.from('binary'));
      await until(() => client.closes.length === 1);
      expect(peer).toMatchObject({ messages: ['one'], binaries: 0, closes: [4000] });
    });

    it.each<[string, (peer: Peer) => void, number]>([
      ['close', ({ socket }) => socket.close(4000, 'corked'), 4000],
      ['terminate', ({ socket }) => socket.terminate(), 1006],
    ])('may %s inside a cork', async (_, end, code) => {
      const at = await host(transport, echo);
      const bystander = await pair(at);
      const { client, peer } = await pair(at);
      peer.socket.cork(() => {
        peer.socket.send('x');
        end(peer);
        peer.socket.send('y');
      });
      await until(() => client.closes.length === 1);
      expect(client.closes[0]?.code).toBe(code);
      expect(peer.closes).toEqual([code]);
      bystander.client.ws.send('still here');
      await until(() => bystander.client.frames.length === 1);
    });

    it.each([['on its own'], ['inside a cork']])(
      'ends the stream %s, for peers that leave that to the server',
      async (how) => {
        const at = await host(transport);
        const raw = await connectRaw(at.listener);
        raw.tcp.write(`${upgradeHead}\r\n`);
        await until(() => at.peers.length === 1);
        const socket = at.peers[0]?.socket;
        if (how === 'inside a cork') socket?.cork(() => socket.close(4000, 'bye'));
        else socket?.close(4000, 'bye');
        await until(() => raw.received.endsWith('bye'));
        raw.tcp.write(frameOf(8, Buffer.from([0x0f, 0xa0])));
        await until(() => raw.phase !== 'open');
      },
    );

    it('may turn a connection away as it opens', async () => {
      const closes: number[] = [];
      const at = await host(
        transport,
        {},
        {
          onOpen: (socket) => {
            socket.send('sorry');
            socket.close(1013, 'full');
            return {
              onMessage: () => {},
              onBinary: () => {},
              onBadFrame: () => {},
              onDrain: () => {},
              onCrowded: () => {},
              onDropped: () => {},
              onClose: (code) => closes.push(code),
            };
          },
        },
      );
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => raw.received.endsWith('full'));
      expect(raw.received).toContain('sorry');
      expect(closes).toEqual([1013]);
    });
  });
}

function useAll({ socket }: Peer, phase: 'closing' | 'closed' = 'closed'): void {
  expect(socket.writable).toBe(false);
  socket.send('late');
  socket.send(new ArrayBuffer(3));
  expect(socket.bufferedBytes).toBe(0);
  expect(socket.isReceiving(30_000)).toBe(false);
  socket.cork(() => expect.unreachable());
  socket.close(4001, 'late');
  if (phase === 'closed') socket.terminate();
  expect(socket.remote).toMatch(/^127\.0\.0\.1/);
}
