import { afterAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { openBrowserSocket } from './browser.ts';
import { open, socketContract, until } from './sockets.contract.ts';

/**
 * Stands in for a browser's: the same interface, and as strict about close codes as a page's.
 * Node 20 has a WebSocket of its own only behind a flag.
 */
class PageWebSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols, { perMessageDeflate: false, maxPayload: 0 });
  }

  override close(code?: number, reason?: string): void {
    // Numbers other than these are what the library itself calls when the server closes.
    if (this.readyState === WebSocket.OPEN && code !== undefined && code !== 1000 && code < 3000) {
      throw new DOMException('The code is not allowed', 'InvalidAccessError');
    }
    super.close(code, reason);
  }
}

vi.stubGlobal('WebSocket', PageWebSocket);
afterAll(() => vi.unstubAllGlobals());

socketContract('of a browser', openBrowserSocket, 4003);

describe('an attempt to connect where there is no WebSocket', () => {
  it('fails with a reason that says so', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const { closes } = open(openBrowserSocket, 'ws://127.0.0.1:1/v1');
    vi.stubGlobal('WebSocket', PageWebSocket);
    await until(() => closes.length === 1);
    expect(closes).toEqual([{ code: 1006, reason: expect.stringContaining('WebSocket') }]);
  });
});

describe('a WebSocket that tells of failures by `error` alone', () => {
  class SilentWebSocket extends EventTarget {
    binaryType = 'blob';
    constructor() {
      super();
      queueMicrotask(() => this.dispatchEvent(new Event('error')));
    }
  }

  it('closes the socket all the same', async () => {
    vi.stubGlobal('WebSocket', SilentWebSocket);
    const { closes } = open(openBrowserSocket, 'ws://127.0.0.1:1/v1');
    vi.stubGlobal('WebSocket', PageWebSocket);
    await until(() => closes.length === 1);
    expect(closes).toEqual([{ code: 1006, reason: 'could not connect' }]);
  });
});
