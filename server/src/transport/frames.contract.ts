import { describe, expect, it } from 'vitest';
import {
  connect,
  connectRaw,
  echo,
  frameOf,
  host,
  numbersTo,
  pair,
  until,
  upgradeHead,
} from './scene.contract.ts';
import type { Transport } from './transport.ts';

export function framesContract(transport: Transport): void {
  describe('frames', () => {
    it.each([
      ['plain', 'hello'],
      ['empty', ''],
      ['beyond ASCII', 'grüße, 你好, 👋🏽, \u0000, \uFEFFbom'],
      ['of 5 MiB', 'ä'.repeat((5 * 1024 * 1024) / 2)],
    ])('echoes a frame that is %s', async (_, frame) => {
      const at = await host(transport, echo);
      const { client, peer } = await pair(at);
      client.ws.send(frame);
      await until(() => client.frames.length === 1);
      expect(peer.messages[0] === frame).toBe(true);
      expect(client.frames[0] === frame).toBe(true);
    });

    it('keeps the order of ten thousand frames, both ways', async () => {
      const at = await host(transport, echo);
      const { client, peer } = await pair(at);
      const frames = numbersTo(10_000).map(String);
      for (const frame of frames) client.ws.send(frame);
      await until(() => client.frames.length === frames.length);
      expect(peer.messages).toEqual(frames);
      expect(client.frames).toEqual(frames);
    });

    it('sends strings and bytes as text', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      const bytes = new TextEncoder().encode('bytes').buffer;
      peer.socket.send('string');
      peer.socket.send(bytes);
      expect(peer.socket.writable).toBe(true);
      await until(() => client.frames.length === 2);
      expect(client.frames).toEqual(['string', 'bytes']);
      expect(client.binaries).toBe(0);
    });

    it('sends what one cork holds, in order, large and small', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      const frames = numbersTo(100).map((index) => `${index} ${'x'.repeat(index * 997)}`);
      peer.socket.cork(() => {
        for (const frame of frames) peer.socket.send(frame);
      });
      await until(() => client.frames.length === frames.length);
      expect(client.frames).toEqual(frames);
    });

    it('lets an error out of a cork, and sends what came before it', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      const fail = () =>
        peer.socket.cork(() => {
          peer.socket.send('before');
          throw new Error('oops');
        });
      expect(fail).toThrow('oops');
      peer.socket.send('after');
      await until(() => client.frames.length === 2);
      expect(client.frames).toEqual(['before', 'after']);
    });

    it('sends to others from inside a message, a cork and another cork', async () => {
      const at = await host(transport, {
        onMessage: (from) =>
          from.socket.cork(() => {
            for (const { socket } of at.peers) {
              socket.cork(() => {
                socket.send('one');
                socket.send('two');
              });
            }
          }),
      });
      const clients = [await connect(at.url), await connect(at.url), await connect(at.url)];
      clients[1]?.ws.send('go');
      await until(() => clients.every(({ frames }) => frames.length === 2));
      for (const { frames } of clients) expect(frames).toEqual(['one', 'two']);
    });

    it('puts a message of several fragments together', async () => {
      const at = await host(transport);
      const { client, peer } = await pair(at);
      client.ws.send('one ', { fin: false });
      client.ws.send('message', { fin: true });
      await until(() => peer.messages.length === 1);
      expect(peer.messages).toEqual(['one message']);
    });

    it('tells of a binary frame and lives on', async () => {
      const at = await host(transport, echo);
      const { client, peer } = await pair(at);
      client.ws.send(Buffer.from('binary'));
      client.ws.send('text');
      await until(() => client.frames.length === 1);
      expect(peer).toMatchObject({ binaries: 1, messages: ['text'], closes: [] });
    });

    it('ends a connection whose text is no UTF-8, and no other', async () => {
      const at = await host(transport, echo);
      const bystander = await pair(at);
      const { client, peer } = await pair(at);
      client.ws.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
      await until(() => peer.closes.length === 1 && client.closes.length === 1);
      expect(peer).toMatchObject({ messages: [], closes: [1006] });
      await stillEchoes(bystander);
    });

    it('ends a connection that breaks the framing, and no other', async () => {
      const at = await host(transport, echo);
      const bystander = await pair(at);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => raw.received.startsWith('HTTP/1.1 101'));
      // Opcode 3 is reserved.
      raw.tcp.write(frameOf(3, Buffer.from('x')));
      await until(() => at.peers[1]?.closes.length === 1);
      expect(at.peers[1]?.closes).toEqual([1006]);
      await stillEchoes(bystander);
    });

    it.each([
      ['a string', 'x'.repeat(1001)],
      ['bytes', Buffer.alloc(1001)],
    ])('closes with 4413 for too large a frame of %s', async (_, frame) => {
      const at = await host(transport, echo, { frameBytesMax: 1000 });
      const bystander = await pair(at);
      const { client, peer } = await pair(at);
      client.ws.send('x'.repeat(1000));
      client.ws.send(frame);
      await until(() => client.closes.length === 1);
      expect(client.closes[0]?.code).toBe(4413);
      expect(client.closes[0]?.reason).toBe('frame_too_large: 1001 bytes, the most is 1000');
      expect(peer).toMatchObject({ messages: ['x'.repeat(1000)], binaries: 0, closes: [4413] });
      await stillEchoes(bystander);
    });

    it('W8 tells a frame that is on its way from a peer that says nothing', async () => {
      const at = await host(transport);
      const idle = await pair(at);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => at.peers.length === 2);
      await until(() => idle.peer.socket.isReceiving(30_000) === false);
      const frame = frameOf(1, Buffer.from('x'.repeat(100)));
      for (const byte of frame.subarray(0, -1)) {
        raw.tcp.write(Buffer.from([byte]));
        await until(() => at.peers[1]?.socket.isReceiving(30_000) === true);
      }
      raw.tcp.write(frame.subarray(-1));
      await until(() => at.peers[1]?.messages.length === 1);
      await until(() => idle.peer.socket.isReceiving(30_000) === false);
      expect(idle.client.frames).toEqual([]);
    });

    it('W10 ends a connection with a frame that is far too large before any of it has come', async () => {
      const at = await host(transport, echo, { frameBytesMax: 1_000 });
      const bystander = await pair(at);
      const raw = await connectRaw(at.listener);
      raw.tcp.write(`${upgradeHead}\r\n`);
      await until(() => at.peers.length === 2);
      // The head of a text frame of 4 MiB, and a part of it.
      raw.tcp.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0]));
      raw.tcp.write('x'.repeat(2_000));
      await until(() => at.peers[1]?.closes.length === 1);
      expect(at.peers[1]).toMatchObject({ closes: [1006], messages: [] });
      await stillEchoes(bystander);
    });

    it('ends a connection with a frame that the library does not even read', async () => {
      const at = await host(transport, echo, { frameBytesMax: 1000 });
      const bystander = await pair(at);
      const { client, peer } = await pair(at);
      client.ws.send('x'.repeat(100_000));
      await until(() => peer.closes.length === 1 && client.closes.length === 1);
      expect(peer).toMatchObject({ messages: [], closes: [1006] });
      await stillEchoes(bystander);
    });
  });
}

async function stillEchoes({ client, peer }: Awaited<ReturnType<typeof pair>>): Promise<void> {
  client.ws.send('still here');
  await until(() => client.frames.length === 1);
  expect(client.frames).toEqual(['still here']);
  expect(peer.closes).toEqual([]);
}
