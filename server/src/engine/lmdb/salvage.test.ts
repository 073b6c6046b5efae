import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { newId, openLmdbScene } from '../../test-support/lmdb-scene.ts';
import { StoreFiles } from './directory/store-files.ts';
import { openLmdb } from './lmdb-storage.ts';
import { metaOf } from './meta.ts';
import { repairDirectory } from './repair.ts';
import { verifyDirectory } from './verify.ts';
import { readSegments } from './wal/read-segments.ts';
import { PAGE_BYTES, RecordReader } from './wal/record.ts';
import { replay } from './wal/replay.ts';
import { writeSlices } from './wal/write-slices.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-salvage-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));

/** What a checkpoint leaves that was broken off before it said how far it came. */
async function writeLogIntoTables(directory: string): Promise<void> {
  const storage = await openLmdb(directory, () => {});
  const place = metaOf(storage.tables, 'wal');
  const store = metaOf(storage.tables, 'identity')?.epoch;
  if (place === undefined || store === undefined) throw new Error('it has no log');
  const { rows } = replay(readSegments(new StoreFiles(directory).log), store, place);
  await writeSlices(storage, rows, setImmediate);
  await storage.close();
}

/** Damages the log from a record on, the last of which is 1. */
function damage(directory: string, store: string, fromTheEnd: number): void {
  const [path] = new StoreFiles(directory).log;
  const content = readFileSync(path);
  const reader = new RecordReader(store);
  const records: number[] = [];
  for (let at = 0; at < content.length; at += PAGE_BYTES)
    if (reader.placeAt(content, at) !== undefined) records.push(at);
  const byte = (records.at(-fromTheEnd) ?? 0) + 100;
  content[byte] = (content[byte] ?? 0) ^ 1;
  writeFileSync(path, content);
}

const long = (value: string) => value.padEnd(2_000, '.');

it('S1 of a damaged log, salvages nothing that is older than what the tables have', async () => {
  const directory = newDirectory();
  const before = await openLmdbScene(directory);
  await before.put('/back', 'first');
  await before.engine.close();
  const scene = await openLmdbScene(directory);
  await scene.put('/kept', long('older'));
  await scene.put('/gone', long('older'));
  await scene.delete('/back');
  await scene.put('/only-logged', 'there');
  await scene.put('/kept', long('newer'));
  await scene.delete('/gone');
  await scene.put('/back', long('again'));
  const killed = newDirectory();
  cpSync(directory, killed, { recursive: true });
  await scene.engine.close();

  await writeLogIntoTables(killed);
  damage(killed, scene.engine.epoch, 3);
  const into = newDirectory();
  const { problems } = await repairDirectory(killed, {
    into,
    newId,
    defer: setImmediate,
    pause: async () => {},
  });
  expect(problems).toEqual([
    expect.stringMatching(/^the write-ahead log: its file wal-0 is damaged .* is lost$/),
  ]);
  const { engine } = await openLmdbScene(into);
  const entries = [...engine.reads.scan({ subtree: '/', at: engine.reads.revision })];
  expect(entries.map(({ path, value }) => [path, value])).toEqual([
    ['/back', long('again')],
    ['/kept', long('newer')],
    ['/only-logged', 'there'],
  ]);
  await engine.close();
});

it('waits for no pipe in the place of a log that it looks through', async () => {
  const directory = newDirectory();
  const scene = await openLmdbScene(directory);
  await scene.put('/a', 'logged');
  const killed = newDirectory();
  cpSync(directory, killed, { recursive: true });
  await scene.engine.close();
  const [log] = new StoreFiles(killed).log;
  rmSync(log);
  expect(spawnSync('mkfifo', [log]).status).toBe(0);
  const { problems } = await verifyDirectory(killed, async () => {});
  expect(problems.join()).toContain('its file wal-0 is no file');
});
