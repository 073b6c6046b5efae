import type { Client } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { type RealServer, report, type Scene, until, withScene } from './scene.ts';

const isLong = process.env.CONFER_TEST_LONG === '1';
const HEARTBEAT_MS = 300;
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** How long somebody is stopped: well beyond the silence that the other side accepts. */
const STOPPED_MS = isLong ? 60_000 : 2 * SILENCE_MS;

/** Writes until told to end; the times that the writes took, in ms. */
function writeOn(client: Client, valueChars: number, paths: number) {
  const tookMs: number[] = [];
  const value = 'x'.repeat(valueChars);
  let isOver = false;
  let revision = 0;
  const write = async () => {
    for (let i = 0; !isOver; i++) {
      const startedAt = performance.now();
      ({ revision } = await client.set(`/load/${i % paths}`, `${i} ${value}`));
      tookMs.push(performance.now() - startedAt);
    }
  };
  const written = write();
  return {
    tookMs,
    async end(): Promise<number> {
      isOver = true;
      await written;
      return revision;
    },
  };
}

function latency(tookMs: readonly number[]) {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (part: number) => Number(sorted[Math.floor(sorted.length * part)]?.toFixed(1));
  return { writes: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(0.9999) };
}

async function during(durationMs: number): Promise<void> {
  const endAt = Date.now() + durationMs;
  await until('the time is over', () => Date.now() >= endAt, durationMs + 5_000);
}

/** Part of a crowd stops while one client writes. The most memory that the server took, in MiB. */
async function stopUnderLoad(
  scene: Scene,
  server: RealServer,
  { stopped, going, valueChars }: { stopped: number; going: number; valueChars: number },
) {
  const writer = scene.client(server.url);
  await writer.set('/first', '1');
  const [sleepers, others] = await Promise.all([
    scene.crowd(server.url, stopped),
    scene.crowd(server.url, going),
  ]);
  const load = writeOn(writer, valueChars, 50);
  await during(STOPPED_MS / 2);
  const before = latency(load.tookMs.splice(0));
  const memory = [server.residentMiB];
  sleepers.program.child.kill('SIGSTOP');
  const endAt = Date.now() + STOPPED_MS;
  await until(
    'the time is over',
    () => {
      memory.push(server.residentMiB);
      return Date.now() >= endAt;
    },
    STOPPED_MS + 5_000,
  );
  const meanwhile = latency(load.tookMs);
  const atLeast = (await writer.serverStatus()).revision;
  await until('the others have everything', () => others.isAt(atLeast));
  sleepers.program.child.kill('SIGCONT');
  const revision = await load.end();
  await until('the others are at the end', () => others.isAt(revision));
  await until('the stopped ones are back', () => sleepers.isAt(revision));
  await others.expectTruth(writer);
  const { staleAt } = await sleepers.expectTruth(writer);
  const [memoryBefore = 0] = memory;
  const memoryMax = Math.max(...memory);
  report(`${stopped} of ${stopped + going} readers stopped`, {
    before,
    meanwhile,
    writtenMiB: Math.round((meanwhile.writes * valueChars) / 2 ** 20),
    memoryBefore,
    memoryMax,
    timesStale: staleAt.length,
  });
  return { meanwhile, growthMiB: memoryMax - memoryBefore };
}

describe('SIGSTOP for longer than the silence', () => {
  it.each(['uws', 'ws'] as const)(
    'W8 S4 of the server is noticed, and everything goes on with SIGCONT, over %s',
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

  it.each(['uws', 'ws'] as const)(
    'W3 W8 W10 of one reader costs bounded memory under a load of megabytes, over %s',
    { timeout: STOPPED_MS + 60_000 },
    async (transport) => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport, heartbeatMs: HEARTBEAT_MS });
        const load = { stopped: 1, going: 1, valueChars: 64 * 1024 };
        const { meanwhile, growthMiB } = await stopUnderLoad(scene, server, load);
        expect(meanwhile.writes).toBeGreaterThan(20);
        expect(growthMiB).toBeLessThan(200);
      });
    },
  );

  it('W10 of one reader in ten leaves the others and the writers alone', {
    timeout: STOPPED_MS + 60_000,
  }, async () => {
    await withScene(async (scene) => {
      const server = await scene.server({ heartbeatMs: HEARTBEAT_MS });
      const load = { stopped: 10, going: 90, valueChars: 1_000 };
      const { meanwhile, growthMiB } = await stopUnderLoad(scene, server, load);
      expect(meanwhile.writes).toBeGreaterThan(20);
      expect(growthMiB).toBeLessThan(200);
    });
  });
});
