import { writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { newTokenText } from '@confer/server';
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/process.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { type RealServer, report, type Scene, until, withScene } from './scene.ts';

const CLIENTS = 2_000;
const MIB = 2 ** 20;
const FRAMES = 200;
/** What a process takes anyway for so many connections. */
const ROOM_MIB = 100;
const HEAD = [
  'GET /v1 HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');
/** The first bytes of a frame, whose mask is zero, with how many of its bytes come. */
const UNFINISHED = [
  ['8 MiB', Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0]), 2 * MIB],
  ['16 KiB', Buffer.from([0x81, 0xfe, 0x40, 0, 0, 0, 0, 0]), 16_000],
] as const;

/** A server that asks everybody who they are, and a token that it knows. */
async function withGuarded(
  transport: 'uws' | 'ws',
  use: (server: RealServer, token: string, scene: Scene) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const token = newTokenText();
    const bootstrapTokenFile = join(directory, 'own.token');
    writeFileSync(bootstrapTokenFile, token, { mode: 0o600 });
    await withScene(async (scene) => {
      const guarded = { engine: 'memory', auth: 'on', bootstrapTokenFile } as const;
      await use(await scene.server({ transport, ...guarded }), token, scene);
    });
  });
}

/** A connection of somebody who sends a part of a first frame, once it may, then nothing, and never agrees to its end. */
function sendUnfinished(port: number, head: Buffer, bytes: number): () => void {
  const tcp = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
  tcp.write(HEAD);
  tcp.on('error', () => {});
  tcp.once('data', (answer) => {
    if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) return;
    tcp.write(head);
    tcp.write(Buffer.alloc(bytes, 'a'));
  });
  return () => tcp.destroy();
}

describe.each(TRANSPORTS)('W10 a server that asks who everybody is, over %s,', (transport) => {
  it(`lets in ${CLIENTS} clients of one address that come at once, and turns none away`, {
    timeout: 60_000,
  }, async () => {
    await withGuarded(transport, async (server, token) => {
      const startedAt = Date.now();
      const welcomes = Array.from({ length: CLIENTS }, () => RawSocket.welcomed(server.url, token));
      const all = await Promise.all(welcomes);
      report(`${CLIENTS} clients at once over ${transport}`, { tookMs: Date.now() - startedAt });
      const { counters } = await server.look();
      expect(counters).toMatchObject({
        connectionsOpened: CLIENTS,
        connectionsClosed: 0,
        'connectionsRefused.crowded': 0,
        'connectionsEnded.rate_limited': 0,
      });
      for (const raw of all) raw.close();
    });
  });

  it.each(UNFINISHED)(
    'lets in who says who he is while others of his address never end a frame of %s, and keeps nothing of them',
    {
      timeout: 60_000,
    },
    async (size, head, bytes) => {
      await withGuarded(transport, async (server, token, scene) => {
        const before = server.memoryMiB.own;
        const ends = Array.from({ length: FRAMES }, () => sendUnfinished(server.port, head, bytes));
        let most = 0;
        const client = scene.client(server.url, { token });
        let isDone = false;
        const write = client.set('/a', 'honest').then(() => {
          isDone = true;
        });
        await until('the honest one has written', () => {
          most = Math.max(most, server.memoryMiB.own - before);
          return isDone;
        });
        await write;
        report(`${FRAMES} unfinished frames of ${size} over ${transport}`, { before, most });
        expect(most).toBeLessThan(ROOM_MIB);
        const { counters } = await server.look();
        const why = bytes > MIB ? 'framesRefused' : 'connectionsEnded.rate_limited';
        expect(counters[why]).toBeGreaterThan(0);
        for (const end of ends) end();
      });
    },
  );
});
