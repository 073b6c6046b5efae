import { connect } from '@confer/client';
import { afterEach, describe, expect, it } from 'vitest';
import { type Program, serve, withDirectory } from '../support/process.ts';

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

const WRITERS = 16;
const KILLS = 4;

describe('kill -9 of a real server under load', () => {
  it('S1 S3 S4 loses no acknowledged write, keeps no half, does nothing twice', {
    timeout: 60_000,
  }, async () => {
    await withDirectory(async (directory) => {
      let server = await serve(['--data', directory]);
      running.push(server.program);
      const client = connect(server.url, { timeouts: { requestMs: 30_000 } });
      const acknowledged = new Map<string, number>();
      let isOver = false;
      const write = async (writer: number) => {
        for (let i = 0; !isOver; i++) {
          const { revision } = await client.commit({
            operations: ['a', 'b'].map((half) => ({
              type: 'put' as const,
              path: `/load/${writer}/${i}/${half}`,
              value: `${i}`,
            })),
          });
          acknowledged.set(`${writer}/${i}`, revision);
        }
      };
      const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
      for (let kill = 0; kill < KILLS; kill++) {
        const before = acknowledged.size;
        await until(() => acknowledged.size > before + 200);
        await server.program.kill();
        server = await serve(['--data', directory], server.port);
        running.push(server.program);
      }
      isOver = true;
      await Promise.all(writers);
      const { entries } = await client.list('/load');
      await client.close();

      const revisions = new Map<string, number[]>();
      for (const { path, modRevision, version } of entries) {
        expect(version, `${path} was written once`).toBe(1);
        const write = path.split('/').slice(2, 4).join('/');
        revisions.set(write, [...(revisions.get(write) ?? []), modRevision]);
      }
      for (const [name, revision] of acknowledged)
        expect(revisions.get(name), name).toEqual([revision, revision]);
      for (const [name, both] of revisions)
        expect(new Set(both).size === 1 && both.length === 2, `${name} is whole`).toBe(true);
    });
  });
});

/** Looks again whenever something may have happened. */
async function until(isMet: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isMet()) {
    if (Date.now() > deadline) throw new Error('it did not come in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
