import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isLong } from '../support/extent.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { beside } from './bystander.ts';
import { type RealServer, report, until, withScene } from './scene.ts';

const CONNECTIONS_MAX = 20;
const FILES_MAX = 120;
/** How long a handshake may take: ten seconds, and what the libraries need to notice. */
const HANDSHAKE_MS_MAX = 16_000;
/** `CLK_TCK`: what /proc counts the time of a process in. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process has used. */
function cpuSeconds({ program }: RealServer): number {
  const stat = readFileSync(`/proc/${program.child.pid}/stat`, 'utf8');
  const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')')).split(' ');
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

/** TCP connections that never say a word. */
async function silentSockets(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connectTcp(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {});
  await until('all are connected', () => sockets.every(({ connecting }) => !connecting));
  return sockets;
}

describe.each(FAULTY_TRANSPORTS)('W10 a server that is full, over %s,', (transport) => {
  it('refuses whoever comes next, serves those it has, and has room again', async () => {
    await withScene(async (scene) => {
      const server = await scene.server({ transport, connectionsMax: CONNECTIONS_MAX });
      const title = `connections beyond ${CONNECTIONS_MAX} over ${transport}`;
      const { counted } = await beside(scene, server, title, async () => {
        const crowd = Array.from({ length: 3 * CONNECTIONS_MAX }, () => new RawSocket(server.url));
        const isOut = ({ closed }: RawSocket) => closed !== undefined;
        await until('it is full', () => crowd.filter(isOut).length > 2 * CONNECTIONS_MAX);
        const late = scene.client(server.url).mirror('/healthy');
        await until('it is refused', async () => {
          const { counters } = await server.look();
          return (counters['connectionsRefused.full'] ?? 0) > 2 * CONNECTIONS_MAX + 1;
        });
        for (const raw of crowd) raw.close();
        await late.ready();
      });
      expect(counted.connectionsOpened).toBe(CONNECTIONS_MAX);
    });
  });

  it('does not spin when files are few and connections many', async () => {
    await withScene(async (scene) => {
      const server = await scene.server({ engine: 'memory', transport }, `-n ${FILES_MAX}`);
      await beside(scene, server, `${FILES_MAX} files over ${transport}`, async () => {
        const sockets = await silentSockets(server.port, 3 * FILES_MAX);
        const [at, before] = [Date.now(), cpuSeconds(server)];
        await until('a second is over', () => Date.now() > at + 1_000);
        const busySeconds = cpuSeconds(server) - before;
        report(`handshakes beyond their number over ${transport}`, { busySeconds });
        expect(busySeconds).toBeLessThan(0.8);
        for (const socket of sockets) socket.destroy();
      });
      expect((await server.look()).counters['connectionsRefused.handshakes']).toBeGreaterThan(0);
    });
  });

  it.runIf(isLong)(
    'ends handshakes that take too long (with CONFER_TEST_LONG=1)',
    { timeout: 60_000 },
    async () => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport });
        await beside(scene, server, `slow handshakes over ${transport}`, async () => {
          const sockets = await silentSockets(server.port, 200);
          for (const socket of sockets) socket.write('GET /v1 HTTP/1.1\r\nx: ');
          const startedAt = Date.now();
          await until(
            'they are ended',
            () => {
              for (const socket of sockets) if (socket.writable) socket.write('y');
              return sockets.every(({ closed }) => closed);
            },
            HANDSHAKE_MS_MAX + 5_000,
          );
          expect(Date.now() - startedAt).toBeLessThan(HANDSHAKE_MS_MAX);
        });
      });
    },
  );
});
