import { expect } from 'vitest';
import { Load } from './load.ts';
import { type RealServer, report, type Scene, until } from './scene.ts';

/**
 * A request of the bystander must take less, on a machine with other work and with the one that
 * misbehaves in the same process.
 */
const LATENCY_MS_MAX = 2_000;

export interface Harm {
  /** What the server counted meanwhile, without what the bystander did. */
  readonly counted: Readonly<Record<string, number>>;
  /** What the server's own memory grew by, at the most that was seen. */
  readonly growthMiB: number;
}

/**
 * Runs `misbehave` beside a healthy client that writes, reads and follows a mirror. It must not
 * notice: each of its writes is answered, and shown by its mirror, as quickly as ever.
 */
export async function beside(
  scene: Scene,
  server: RealServer,
  title: string,
  misbehave: () => Promise<void>,
): Promise<Harm> {
  const client = scene.client(server.url);
  const mirror = client.mirror('/healthy');
  await mirror.ready();
  const before = (await server.look()).counters;
  const memoryBefore = server.memoryMiB.own;
  let memoryMax = memoryBefore;
  let requests = 0;
  const load = new Load(async (turn) => {
    await client.set('/healthy/a', `${turn}`);
    expect(mirror.value('/healthy/a')).toBe(`${turn}`);
    await client.get('/healthy/a');
    requests += 2;
    memoryMax = Math.max(memoryMax, server.memoryMiB.own);
  });
  await until('it has its pace', () => load.tookMs.length > 50);
  const calm = load.summary();
  await misbehave();
  await load.end();
  const meanwhile = load.summary();
  expect(mirror.status).toBe('live');
  expect(meanwhile.maxMs).toBeLessThan(LATENCY_MS_MAX);
  const { counters, pauseMsMax } = await server.look();
  await client.close();
  const grown = Object.entries(counters)
    .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
    .map(([name, by]) => [name, name === 'requestsTaken' ? by - requests : by] as const)
    .filter(([, by]) => by !== 0);
  const growthMiB = memoryMax - memoryBefore;
  const counted = Object.fromEntries(grown);
  report(title, { calm, meanwhile, pauseMsMax, growthMiB, counted });
  return { counted, growthMiB };
}
