import { describe, expect, it } from 'vitest';
import { isLong } from '../support/extent.ts';
import { DEFAULT_TRANSPORT, FAULTY_TRANSPORTS } from '../support/transports.ts';
import { writing } from './load.ts';
import { type RealServer, report, type Scene, until, withScene } from './scene.ts';

const HEARTBEAT_MS = 300;
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** How long somebody is stopped: well beyond the silence that the other side accepts. */
const STOPPED_MS = isLong ? 5_000 : 2 * SILENCE_MS;
/** So seldom that a reader may be stopped for minutes and keep its connection. */
const RARE_HEARTBEAT_MS = 120_000;
const PAUSED_MS = 180_000;
/**
 * What V8 lets lie under such a load before it collects: the same with nobody stopped. A queue for each of
 * the stopped would be ten times what was written.
 */
const UNCOLLECTED_MIB = 400;

async function during(durationMs: number): Promise<void> {
  const endAt = Date.now() + durationMs;
  await until('the time is over', () => Date.now() >= endAt, durationMs + 5_000);
}

/** Part of a crowd stops while one client writes. The most memory that the server took, in MiB. */
async function stopUnderLoad(
  scene: Scene,
  server: RealServer,
  {
    stopped,
    going,
    valueChars,
    stoppedMs = STOPPED_MS,
  }: { stopped: number; going: number; valueChars: number; stoppedMs?: number },
) {
  const writer = scene.client(server.url);
  await writer.set('/first', '1');
  const [sleepers, others] = await Promise.all([
    scene.crowd(server.url, stopped),
    scene.crowd(server.url, going),
  ]);
  const load = writing(writer, valueChars);
  await during(STOPPED_MS / 2);
  const before = load.summary();
  const memory = [server.memoryMiB];
  sleepers.program.child.kill('SIGSTOP');
  const endAt = Date.now() + stoppedMs;
  await until(
    'the time is over',
    () => {
      memory.push(server.memoryMiB);
      return Date.now() >= endAt;
    },
    stoppedMs + 5_000,
  );
  const meanwhile = load.summary();
  const atLeast = (await writer.serverStatus()).revision;
  await until('the others have everything', () => others.isAt(atLeast));
  sleepers.program.child.kill('SIGCONT');
  await load.end();
  const { revision } = await writer.serverStatus();
  await until('the others are at the end', () => others.isAt(revision));
  await until('the stopped ones are back', () => sleepers.isAt(revision));
  await others.expectTruth(writer);
  const { staleAt } = await sleepers.expectTruth(writer);
  const ownBefore = memory[0]?.own ?? 0;
  const ownMax = Math.max(...memory.map(({ own }) => own));
  report(`${stopped} of ${stopped + going} readers stopped`, {
    before,
    meanwhile,
    writtenMiB: Math.round((meanwhile.count * valueChars) / 2 ** 20),
    ownMiB: [ownBefore, ownMax],
    residentMiBMax: Math.max(...memory.map(({ resident }) => resident)),
    timesStale: staleAt.length,
  });
  return { meanwhile, growthMiB: ownMax - ownBefore };
}

describe('SIGSTOP for longer than the silence', () => {
  it.each(FAULTY_TRANSPORTS)(
    'W8 S4 of the server is noticed, and everything goes on with SIGCONT, over %s',
    { timeout: STOPPED_MS + 20_000 },
    async (transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport, heartbeatMs: HEARTBEAT_MS });
        const writer = scene.client(server.url, { timeouts: { connectMs: 500 } });
        await writer.set('/first', '1');
        const crowd = await scene.crowd(server.url, 5);
        server.signal('SIGSTOP');
        const stoppedAt = Date.now();
        const write = writer.set('/during', 'once', { timeoutMs: STOPPED_MS + 20_000 });
        await until('it is noticed', async () => (await crowd.ask()).staleAt.length >= 5);
        const { staleAt } = await crowd.ask();
        const noticedMs = Math.max(...staleAt) - stoppedAt;
        expect(noticedMs).toBeLessThan(SILENCE_MS + HEARTBEAT_MS + 600);
        await during(stoppedAt + STOPPED_MS - Date.now());
        server.signal('SIGCONT');
        const { revision } = await write;
        await until('all are back', () => crowd.isAt(revision));
        await crowd.expectTruth(writer);
        expect(await writer.get('/during')).toMatchObject({ value: 'once', version: 1 });
        report(`a stopped server over ${transport}`, { heartbeatMs: HEARTBEAT_MS, noticedMs });
      });
    },
  );

  it.each(FAULTY_TRANSPORTS)(
    'W3 W8 W10 of one reader costs bounded memory under a load of megabytes, over %s',
    { timeout: STOPPED_MS + 60_000 },
    async (transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport, heartbeatMs: HEARTBEAT_MS });
        const load = { stopped: 1, going: 1, valueChars: 64 * 1024 };
        const { meanwhile, growthMiB } = await stopUnderLoad(scene, server, load);
        expect(meanwhile.count).toBeGreaterThan(20);
        expect(growthMiB).toBeLessThan(200);
      });
    },
  );

  it.each(isLong ? FAULTY_TRANSPORTS : [DEFAULT_TRANSPORT])(
    'W10 of one reader in ten leaves the others and the writers alone, over %s',
    { timeout: STOPPED_MS + 60_000 },
    async (transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport, heartbeatMs: HEARTBEAT_MS });
        const load = { stopped: 10, going: 90, valueChars: 1_000 };
        const { meanwhile, growthMiB } = await stopUnderLoad(scene, server, load);
        expect(meanwhile.count).toBeGreaterThan(20);
        expect(growthMiB).toBeLessThan(200);
      });
    },
  );

  it.runIf(isLong).each(FAULTY_TRANSPORTS)(
    'W3 W10 of ten readers for minutes, whose connections live on, costs bounded memory, over %s (with CONFER_TEST_LONG=1)',
    { timeout: PAUSED_MS + 120_000 },
    async (transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport, heartbeatMs: RARE_HEARTBEAT_MS });
        const load = { stopped: 10, going: 2, valueChars: 16 * 1024, stoppedMs: PAUSED_MS };
        const { meanwhile, growthMiB } = await stopUnderLoad(scene, server, load);
        const { counters } = await server.look();
        expect(meanwhile.count).toBeGreaterThan(1_000);
        expect(counters).toMatchObject({ silentPeers: 0, stuckPeers: 0 });
        expect(counters.watchesFellBehind).toBeGreaterThanOrEqual(10);
        expect(counters.watchesCaughtUp).toBe(counters.watchesFellBehind);
        expect(growthMiB).toBeLessThan(UNCOLLECTED_MIB);
      });
    },
  );
});
