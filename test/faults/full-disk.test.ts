import type { Client } from '@confer/client';
import { expect, it, type TestContext } from 'vitest';
import { withDirectory } from '../support/process.ts';
import { Load } from './load.ts';
import { Recorder } from './recorder.ts';
import { type RealServer, report, Scene, until } from './scene.ts';
import { openSmallDisk, type SmallDisk } from './small-disk.ts';

const VALUE = 'x'.repeat(512 * 1024);
const ATTEMPTS_MAX = 500;
const WRITES_AFTER = 8;

async function write(client: Client, acknowledged: Map<string, number>): Promise<void> {
  const path = `/load/${acknowledged.size}`;
  acknowledged.set(path, (await client.set(path, `${path} ${VALUE}`)).revision);
}

/** Writes until there is no room, and keeps the revisions of what was acknowledged, by path. */
async function fillUp(client: Client, acknowledged: Map<string, number>): Promise<void> {
  for (let i = 0; i < ATTEMPTS_MAX; i++) {
    try {
      await write(client, acknowledged);
    } catch (error) {
      expect(error).toMatchObject({ code: 'storage_full' });
      return;
    }
  }
  throw new Error('the disk is never full');
}

async function expectKept(client: Client, acknowledged: ReadonlyMap<string, number>) {
  for (const [path, revision] of acknowledged)
    expect(await client.get(path), path).toMatchObject({ modRevision: revision, version: 1 });
  const { entries } = await client.list('/load', { values: false });
  expect(entries.map(({ path }) => path).sort()).toEqual([...acknowledged.keys()].sort());
}

async function runOutOfRoom(scene: Scene, server: RealServer, disk: SmallDisk): Promise<void> {
  const writer = scene.client(server.url);
  const reader = scene.client(server.url);
  const recorder = new Recorder();
  const mirror = recorder.mirror(reader, '/');
  const { epoch } = await (await recorder.watch(reader, '/')).started();
  const acknowledged = new Map<string, number>();
  await fillUp(writer, acknowledged);
  const beforeFull = acknowledged.size;
  const refused = (await server.look()).counters['requestsRefused.storage_full'];
  expect(refused).toBe(1);

  const reading = new Load(() => writer.list('/load', { values: false }));
  const late = scene.client(server.url).mirror('/load');
  await late.ready();
  expect(late.size).toBe(acknowledged.size);
  expect(mirror.revision).toBe(acknowledged.size);
  await expect(writer.set('/load/none', VALUE)).rejects.toMatchObject({ code: 'storage_full' });
  await until('reads go on', () => reading.tookMs.length > 30);
  await reading.end();
  await server.restart();
  await expectKept(writer, acknowledged);
  expect(await writer.get('/load/none')).toBeUndefined();

  disk.makeRoom();
  for (let i = 0; i < WRITES_AFTER; i++) await write(writer, acknowledged);
  await mirror.waitFor(acknowledged.size);
  await server.restart();
  await expectKept(writer, acknowledged);
  await until('the mirror is back', () => mirror.status === 'live');
  await reader.get('/load');
  recorder.expectTruth(
    epoch,
    [...acknowledged.keys()].map((path) => ({
      operations: [{ type: 'put', path, value: `${path} ${VALUE}` }],
    })),
  );
  report('a full disk', { beforeFull });
}

it('S1 S3 W3 a full disk refuses writes, keeps what was acknowledged, and serves readers (where a disk can be mounted)', {
  timeout: 60_000,
}, async ({ skip }: TestContext) => {
  await withDirectory(async (directory) => {
    const disk = openSmallDisk(directory);
    if (disk === undefined) return skip('no file system can be mounted here');
    const scene = new Scene(disk.dataDirectory);
    try {
      await runOutOfRoom(scene, await scene.server(), disk);
    } finally {
      await scene.end();
      disk.remove();
    }
  });
});
