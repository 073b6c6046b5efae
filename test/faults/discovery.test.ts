import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Program, serve, startConfer } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const isLong = process.env.CONFER_TEST_LONG === '1';
const PROCESSES = 4;
const WATCHERS = isLong ? 1_000 : 200;
const DISCOVERERS = fileURLToPath(new URL('./discoverers.js', import.meta.url));
const TTL_MS = 2_000;
/** A server ends a lease within a second, and the machine is busy. */
const LATE_MS = 5_000;

interface Figures {
  readonly instances: number;
  readonly first: number;
  readonly median: number;
  readonly last: number;
}

/** What each process says once all that it has see so many instances. */
async function seenBy(crowd: readonly Program[], instances: number): Promise<readonly Figures[]> {
  return Promise.all(
    crowd.map((program) =>
      program.saw(({ stdout }) => {
        const line = stdout.split('\n').findLast((one) => one.endsWith('}'));
        const figures = line === undefined ? undefined : (JSON.parse(line) as Figures);
        return figures?.instances === instances ? figures : undefined;
      }, 60_000),
    ),
  );
}

describe(`an instance that ${WATCHERS} clients follow`, () => {
  const scratch = scratchDirectory();

  it('is gone for all of them soon after its TTL when it is killed, and stays while the registry restarts', async () => {
    let server = await serve(['--data', join(scratch.path, 'data')]);
    const crowd = Array.from(
      { length: PROCESSES },
      () => new Program(DISCOVERERS, [server.url, `${WATCHERS / PROCESSES}`]),
    );
    onTestFinished(async () => {
      await Promise.all(crowd.map((program) => program.kill()));
      await server.program.kill();
    });
    await seenBy(crowd, 0);
    const args = ['register', 'orders', '--address', 'a:1', '--ttl'];
    const short = startConfer([...args, `${TTL_MS}ms`], { url: server.url });
    const stays = startConfer([...args, '20s'], { url: server.url });
    onTestFinished(() => void stays.child.kill('SIGKILL'));
    await seenBy(crowd, 2);
    const killedAt = Date.now();
    await short.kill('SIGKILL');
    const figures = await seenBy(crowd, 1);
    const after = (times: readonly number[]) => Math.max(...times) - killedAt;
    const lastMs = after(figures.map(({ last }) => last));
    const firstMs = Math.min(...figures.map(({ first }) => first)) - killedAt;
    process.stdout.write(`gone after ${firstMs} to ${lastMs} ms, with a TTL of ${TTL_MS} ms\n`);
    expect(lastMs).toBeLessThan(TTL_MS + LATE_MS);
    const before = crowd.map(({ stdout }) => stdout);
    await server.program.kill();
    server = await serve(['--data', join(scratch.path, 'data')], server.port);
    await stays.saw(({ stderr }) => /connected to/.test(stderr) || undefined, 30_000);
    const next = startConfer([...args, '10s'], { url: server.url });
    onTestFinished(() => void next.child.kill('SIGKILL'));
    await seenBy(crowd, 2);
    // Nobody has ever seen none: the next that all of them saw was the second one.
    for (const [i, { stdout }] of crowd.entries())
      expect(stdout.slice(before[i]?.length)).toMatch(/^\{"instances":2,.*\}\n$/);
  }, 180_000);
});
