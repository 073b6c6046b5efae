import { describe, expect, it } from 'vitest';
import {
  deadUrl,
  notFound,
  open,
  rawUrl,
  socketContract,
  until,
  webSocketServer,
} from './sockets.contract.ts';
import { wsSockets } from './ws.ts';

const openWs = wsSockets();

socketContract('of `ws`', openWs, 1003);

it('the client socket ws takes no frame of more than 64 MiB', async () => {
  const { url } = await webSocketServer((ws) => ws.send('x'.repeat(64 * 1024 * 1024 + 1)));
  const { frames, closes } = open(openWs, url);
  await until(() => closes.length === 1);
  expect(frames).toEqual([]);
  expect(closes[0]?.reason).toBe('Max payload size exceeded');
});

describe('the reason of a failed attempt over `ws`', () => {
  async function reasonFor(url: string): Promise<string | undefined> {
    const { closes } = open(openWs, url);
    await until(() => closes.length === 1);
    return closes[0]?.reason;
  }

  it('names the address that refused', async () => {
    const url = await deadUrl();
    const port = new URL(url).port;
    expect(await reasonFor(url)).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it('names each address that a name stands for', async () => {
    const port = new URL(await deadUrl()).port;
    const reason = await reasonFor(`ws://localhost:${port}/v1`);
    expect(reason).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it('names the HTTP status', async () => {
    expect(await reasonFor(await rawUrl(notFound))).toBe(
      'server answered HTTP 404 Not Found (is this a Confer server?)',
    );
  });

  it('does not doubt the server over what a gateway says', async () => {
    const url = await rawUrl('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
    expect(await reasonFor(url)).toBe('server answered HTTP 503 Service Unavailable');
  });

  it.each([
    ['speaks another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /Parse Error/],
    ['hangs up', '', /socket hang up/],
  ])('says that the server %s', async (_, bytes, reason) => {
    expect(await reasonFor(await rawUrl(bytes))).toMatch(reason);
  });
});
