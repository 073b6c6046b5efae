import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isLong } from '../support/extent.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { Load } from './load.ts';
import { type RealServer, report, type Scene, until, withScene } from './scene.ts';

const MIB = 2 ** 20;
const SNAPSHOT_MIB = 20;
const THROTTLED_MIB_PER_SECOND = isLong ? 1 : 10;
const WATCHES = 5_000;
const LISTS = 20_000;
const FLOOD = fileURLToPath(new URL('./flood.js', import.meta.url));

/** Another client's gets and writes go on while `misbehave` does what it does. */
async function beside(
  scene: Scene,
  server: RealServer,
  title: string,
  misbehave: () => Promise<void>,
): Promise<void> {
  const client = scene.client(server.url);
  await client.set('/other/a', 'before');
  const load = new Load(async (turn) => {
    await client.get('/other/a');
    if (turn % 10 === 0) await client.set('/other/a', `${turn}`);
  });
  await until('it has its pace', () => load.tookMs.length > 200);
  const before = load.summary();
  const memoryBefore = server.memoryMiB;
  await misbehave();
  await load.end();
  const meanwhile = load.summary();
  expect(meanwhile.count).toBeGreaterThan(5);
  report(title, { before, meanwhile, memoryBefore, memoryAfter: server.memoryMiB });
}

describe.each(FAULTY_TRANSPORTS)('W10 others are served, over %s', (transport) => {
  it('while a slow path takes its time over a large snapshot', {
    timeout: 60_000,
  }, async () => {
    await withScene(async (scene) => {
      const server = await scene.server({ transport });
      const writer = scene.client(server.url);
      for (let i = 0; i < SNAPSHOT_MIB * 4; i++)
        await writer.set(`/large/${i}`, 'x'.repeat(MIB / 4));
      const proxy = await scene.proxy(server);
      proxy.throttle('down', THROTTLED_MIB_PER_SECOND * MIB);
      const before = server.memoryMiB.own;
      await beside(
        scene,
        server,
        `a snapshot of ${SNAPSHOT_MIB} MiB over ${transport}`,
        async () => {
          const mirror = scene.client(proxy.url).mirror('/large');
          await mirror.ready({ timeoutMs: 40_000 });
          expect(mirror.size).toBe(SNAPSHOT_MIB * 4);
        },
      );
      expect(server.memoryMiB.own - before).toBeLessThan(150);
    });
  });

  it.each([
    ['has thousands of watches on what others write', 'watches', WATCHES, 'told\n'],
    ['asks as much as it may', 'lists', LISTS, 'answered\n'],
  ] as const)('while a client %s', async (_, what, count, end) => {
    await withScene(async (scene) => {
      const server = await scene.server({ transport });
      await beside(scene, server, `${count} ${what} over ${transport}`, async () => {
        const flood = scene.program(FLOOD, [server.url, what, String(count)]);
        await flood.saw(({ stdout }) => (stdout.includes(end) ? true : undefined));
      });
    });
  });

  it.runIf(isLong)(
    'while many say no hello, until their time is over (with CONFER_TEST_LONG=1)',
    { timeout: 60_000 },
    async () => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport });
        await beside(scene, server, `no hello over ${transport}`, async () => {
          const silent = Array.from({ length: 200 }, () => new RawSocket(server.url));
          // uWebSockets.js would keep what came of a frame until the peer agrees to a close.
          const code = transport === 'uws' ? 1006 : 4408;
          await until('they are ended', () => silent.every(({ closed }) => closed?.code === code));
        });
        const { counters } = await server.look();
        expect(counters).toMatchObject({ helloTimeouts: 200, 'connectionsEnded.silent': 200 });
      });
    },
  );
});
