import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { connect } from '@confer/client';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { confer } from '../support/process.ts';

afterEach(() => vi.unstubAllGlobals());

/** Stands in for the global WebSocket that Node has from version 22 on. */
class GlobalWebSocket extends EventTarget {
  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event('error')));
  }
}

async function whyWaiting(url: string): Promise<string> {
  const client = connect(url);
  onTestFinished(() => client.close());
  return new Promise((resolve) => {
    client.on('status', (status) => {
      if (status.kind === 'waiting') resolve(status.reason);
    });
  });
}

async function listening(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return isAddressInfo(address) ? address.port : 0;
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

describe('a failed attempt on Node, also where it has a WebSocket of its own,', () => {
  test('says that nobody listens', async () => {
    vi.stubGlobal('WebSocket', GlobalWebSocket);
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    expect(await whyWaiting(`http://127.0.0.1:${port}`)).toContain('ECONNREFUSED');
  });

  test('says that another server answers', async () => {
    vi.stubGlobal('WebSocket', GlobalWebSocket);
    const server = createServer((_, response) => response.writeHead(404).end());
    const port = await listening(server);
    onTestFinished(() => void server.close());
    expect(await whyWaiting(`http://127.0.0.1:${port}`)).toContain('HTTP 404');
  });

  test('says that the server speaks no TLS', async () => {
    vi.stubGlobal('WebSocket', GlobalWebSocket);
    const server = createServer();
    const port = await listening(server);
    onTestFinished(() => void server.close());
    expect(await whyWaiting(`https://127.0.0.1:${port}`)).toMatch(
      /SSL|TLS|socket hang up|ECONNRESET/,
    );
  });
});

test('a command that the server refuses says so at once, and does not try for ever', async () => {
  const http = createServer();
  const port = await listening(http);
  const server = new WebSocketServer({ server: http });
  onTestFinished(() => {
    server.close();
    http.close();
  });
  server.on('connection', (socket) => socket.close(4406, 'version 1 is too old'));
  const { code, stderr } = await confer(['get', '/a', '--timeout', '1h'], {
    url: `http://127.0.0.1:${port}`,
  });
  expect(stderr).toContain('error[version_unsupported]: refused (version_unsupported): version 1');
  expect(code).toBe(5);
});
