import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { OpenSocket, Socket } from './socket.ts';

interface Opened {
  readonly socket: Socket;
  readonly opens: number[];
  readonly frames: string[];
  readonly closes: { readonly code: number; readonly reason: string }[];
}

/** Opens, and records all that the socket tells. */
export function open(openSocket: OpenSocket, url: string): Opened {
  const told: Omit<Opened, 'socket'> = { opens: [], frames: [], closes: [] };
  const socket = openSocket(url, {
    onOpen: () => told.opens.push(told.opens.length),
    onMessage: (frame) => told.frames.push(frame),
    onClose: (code, reason) => told.closes.push({ code, reason }),
  });
  onTestFinished(() => socket.close(1000, 'end of test'));
  return { socket, ...told };
}

export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 5 });
}

async function urlOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `ws://127.0.0.1:${isAddressInfo(address) ? address.port : 0}/v1`;
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

/** A WebSocket server, with the sockets that it accepted and the closes that it saw. */
export async function webSocketServer(accept: (ws: WebSocket) => void = () => {}) {
  const http = createHttpServer();
  const server = new WebSocketServer({ server: http, maxPayload: 0 });
  const accepted: WebSocket[] = [];
  const closes: { readonly code: number; readonly reason: string }[] = [];
  server.on('connection', (ws) => {
    accepted.push(ws);
    onTestFinished(() => ws.terminate());
    ws.on('error', () => {});
    ws.on('close', (code, reason) => closes.push({ code, reason: reason.toString() }));
    accept(ws);
  });
  return { url: await urlOf(http), accepted, closes };
}

/** A server that answers every connection with these bytes. */
export function rawUrl(bytes: string): Promise<string> {
  const server = createServer((stream) => {
    stream.on('error', () => {});
    stream.once('data', () => stream.end(bytes));
  });
  return urlOf(server);
}

export const notFound = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n';

/** What both client sockets do alike; the code for a binary frame is not, as pages may not send all. */
export function socketContract(name: string, openSocket: OpenSocket, binaryCode: number): void {
  describe(`the client socket ${name}`, () => {
    it('opens with the subprotocol and carries text both ways, in order', async () => {
      const { url, accepted } = await webSocketServer((ws) => {
        ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      });
      const { socket, opens, frames, closes } = open(openSocket, url);
      expect(opens).toEqual([]);
      await until(() => opens.length === 1);
      expect(accepted[0]?.protocol).toBe('confer.v1');
      const sent = ['hello', '', 'grüße, 你好, 👋🏽', 'x'.repeat(5_000_000)];
      for (const frame of sent) socket.send(frame);
      await until(() => frames.length === sent.length);
      expect(frames).toEqual(sent);
      expect(closes).toEqual([]);
    });

    it('offers no compression', async () => {
      const { url, accepted } = await webSocketServer();
      const { opens } = open(openSocket, url);
      await until(() => opens.length === 1);
      expect(accepted[0]?.extensions).toBe('');
    });

    it('closes with code and reason, once, and is silent then', async () => {
      const { url, closes: seen } = await webSocketServer((ws) => ws.send('early'));
      const { socket, frames, closes } = open(openSocket, url);
      await until(() => frames.length === 1);
      socket.close(4000, 'ä'.repeat(200));
      socket.close(4001, 'again');
      socket.send('late');
      await until(() => closes.length === 1 && seen.length === 1);
      socket.close(4002, 'and again');
      socket.send('later');
      expect(seen).toEqual([{ code: 4000, reason: 'ä'.repeat(61) }]);
      expect(closes[0]?.code).toBe(4000);
    });

    it('tells the code and the reason with which the server closed', async () => {
      const { url } = await webSocketServer((ws) => ws.close(4401, 'who are you?'));
      const { opens, closes } = open(openSocket, url);
      await until(() => closes.length === 1);
      expect(opens.length).toBe(1);
      expect(closes).toEqual([{ code: 4401, reason: 'who are you?' }]);
    });

    it('tells the code 1006 when the server vanishes', async () => {
      const { url, accepted } = await webSocketServer();
      const { opens, closes } = open(openSocket, url);
      await until(() => opens.length === 1);
      accepted[0]?.terminate();
      await until(() => closes.length === 1);
      expect(closes).toEqual([{ code: 1006, reason: 'the connection was lost' }]);
    });

    it('gives up on a server that does not answer the close', async () => {
      const { url, accepted } = await webSocketServer((ws) => ws.pause());
      const { socket, opens, closes } = open(openSocket, url);
      await until(() => opens.length === 1 && accepted.length === 1);
      socket.close(4000, 'bye');
      await until(() => closes.length === 1);
      expect(closes).toEqual([{ code: 1006, reason: 'the other side did not answer the close' }]);
    });

    it('closes over a binary frame', async () => {
      const { url, closes: seen } = await webSocketServer((ws) => {
        ws.send(Buffer.from('binary'));
        ws.send('text');
      });
      const { frames, closes } = open(openSocket, url);
      await until(() => closes.length === 1 && seen.length === 1);
      expect(seen).toEqual([{ code: binaryCode, reason: 'the protocol has no binary frames' }]);
      expect(frames).toEqual([]);
    });

    it('closes over a frame that no server sends, and gives it to nobody', async () => {
      const { url } = await webSocketServer((ws) => {
        ws.send('x'.repeat(64 * 1024 * 1024 + 1));
        ws.send('text');
      });
      const { frames, closes } = open(openSocket, url);
      await until(() => closes.length === 1);
      expect(frames).toEqual([]);
    });

    it('can be closed before it opens', async () => {
      const server = createServer();
      const { socket, opens, closes } = open(openSocket, await urlOf(server));
      socket.close(1000, 'never mind');
      await until(() => closes.length === 1);
      expect(closes[0]?.code).toBe(1006);
      expect(opens).toEqual([]);
    });

    it.each([
      ['is no URL', 'confer'],
      ['has another scheme', 'ftp://127.0.0.1/v1'],
    ])('fails, and only later, when the address %s', async (_, url) => {
      const { opens, closes } = open(openSocket, url);
      expect(closes).toEqual([]);
      await until(() => closes.length === 1);
      expect(closes[0]?.code).toBe(1006);
      expect(closes[0]?.reason).not.toBe('');
      expect(opens).toEqual([]);
    });

    it('fails once where nobody listens', async () => {
      const { opens, closes } = open(openSocket, await deadUrl());
      await until(() => closes.length === 1);
      expect(closes[0]?.code).toBe(1006);
      expect(opens).toEqual([]);
    });

    it('fails once where the server is no WebSocket server', async () => {
      const { opens, closes } = open(openSocket, await rawUrl(notFound));
      await until(() => closes.length === 1);
      expect(closes[0]?.code).toBe(1006);
      expect(opens).toEqual([]);
    });
  });
}

/** A port that was free a moment ago. */
export async function deadUrl(): Promise<string> {
  const server = createServer();
  const url = await urlOf(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}
