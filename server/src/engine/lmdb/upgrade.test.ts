import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { Rig, TestClock } from '../contract/rig.contract.ts';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import { openLmdbEngine } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/**
 * What a server of format 2 left: ten commits over `/a/0` to `/a/3` and `/é/😀`, deletes of `/a/0` and
 * `/a/1`, compacted there, and four commits more. The requests were `r1` to `r16`.
 */
const FORMAT_2 = new URL('./format-2.mdb.gz', import.meta.url);
/**
 * And one of format 3 that was killed: ten commits, a compaction there, and four more that are in
 * its log alone.
 */
const FORMAT_3 = new URL('./format-3.mdb.gz', import.meta.url);
/** When the last of them was made. */
const LAST_TIME = 1_700_000_011_000;

let names = 0;

function directoryOf(format: 1 | 2): string {
  const directory = join(temporary, String(names++));
  mkdirSync(directory);
  const data = gunzipSync(readFileSync(FORMAT_2));
  const mark = Buffer.from([...Buffer.from('format'), 2]);
  for (let i = data.indexOf(mark); i !== -1; i = data.indexOf(mark, i + 1))
    data[i + mark.length - 1] = format;
  writeFileSync(join(directory, 'data.mdb'), data);
  return directory;
}

function directoryOfFormat3(): string {
  const directory = join(temporary, String(names++));
  mkdirSync(directory);
  writeFileSync(join(directory, 'data.mdb'), gunzipSync(readFileSync(FORMAT_3)));
  return directory;
}

async function open(directory: string, clock = new TestClock()): Promise<Rig> {
  clock.time = Math.max(clock.time, LAST_TIME);
  return new Rig(await openLmdbEngine({ directory, clock, newId: () => 'new' }), clock);
}

const ENTRIES = ['/a/1=again', '/a/2=after', '/a/3=v7', '/t/z=3', '/é/\u{1f600}=ü9'];

describe('a directory of format 2', () => {
  it('S1 has its entries, its history and its deletes after it was taken over', async () => {
    const directory = directoryOf(2);
    for (let opening = 0; opening < 2; opening++) {
      const rig = await open(directory);
      const { engine } = rig;
      expect(engine.epoch).toBe('epoch-of-format-2');
      expect([engine.revision, engine.compactedRevision, engine.entryCount]).toEqual([16, 12, 5]);
      expect(rig.values()).toEqual(ENTRIES);
      expect(rig.values('/', 12)).toEqual(['/a/2=v6', '/a/3=v7', '/é/\u{1f600}=ü9']);
      expect(rig.values('/t', 14)).toEqual(['/t/x=1', '/t/y=2']);
      expect(rig.deleted()).toEqual(['/a/0@11', '/t/x@15', '/t/y@15']);
      expect(engine.deletionsFloor).toBe(0);
      const history = [...engine.history(12)];
      expect(history.map(({ revision }) => revision)).toEqual([13, 14, 15, 16]);
      expect(history[0]?.changes).toEqual([
        {
          type: 'put',
          path: '/a/2',
          entry: engine.get('/a/2'),
          prev: expect.objectContaining({ value: 'v6', modRevision: 7, version: 2 }),
        },
      ]);
      expect(history[2]).toMatchObject({ actor: 'bob', cleared: ['/t'] });
      await engine.close();
    }
  });

  it('S4 knows its requests, also those whose commits are compacted', async () => {
    const rig = await open(directoryOf(2));
    expect(await rig.put('/a/2', 'again', { requestId: 'r13' })).toMatchObject({ revision: 13 });
    expect(await rig.put('/a/2', 'again', { requestId: 'r3' })).toEqual({
      revision: 3,
      puts: 2,
      deletes: 0,
    });
    expect(rig.values()).toEqual(ENTRIES);
    rig.clock.time += REQUEST_KEPT_MS + 1;
    await rig.engine.compact(16);
    expect(await rig.put('/a/2', 'anew', { requestId: 'r13' })).toMatchObject({ revision: 17 });
    await rig.engine.close();
  });

  it('S5 goes on where it was', async () => {
    const directory = directoryOf(2);
    const rig = await open(directory);
    expect(await rig.put('/a/2', 'on')).toMatchObject({ revision: 17 });
    expect(rig.engine.get('/a/2')).toMatchObject({ createRevision: 3, version: 4 });
    await rig.engine.compact(16);
    await rig.engine.close();
    const again = await open(directory);
    expect(again.values('/a', 16)).toEqual(['/a/1=again', '/a/2=after', '/a/3=v7']);
    expect([...again.engine.history(16)]).toEqual(rig.fed);
    await again.engine.close();
  });
});

it('a directory of format 1 is taken over, with no delete from before known', async () => {
  const directory = directoryOf(1);
  for (let opening = 0; opening < 2; opening++) {
    const rig = await open(directory);
    expect(rig.values()).toEqual(ENTRIES);
    expect(rig.engine.deletionsFloor).toBe(16);
    await rig.engine.close();
  }
});

it('S1 S5 a directory of format 3 is taken over with what was in its log alone, and goes on', async () => {
  const directory = directoryOfFormat3();
  const values = ['/a/1=last', '/a/2=v6', '/a/3=v7', '/é/\u{1f600}=ü'];
  for (let opening = 0; opening < 3; opening++) {
    const rig = await open(directory);
    const { engine } = rig;
    expect(engine.epoch).toBe('epoch-of-format-3');
    expect([engine.revision, engine.compactedRevision]).toEqual([14 + opening, 10]);
    expect(rig.values('/', 14)).toEqual(values);
    expect(rig.deleted('/', 14)).toEqual(['/a/0@11', '/t/x@13']);
    expect([...engine.history(10)].map(({ revision }) => revision).slice(0, 4)).toEqual([
      11, 12, 13, 14,
    ]);
    expect(await rig.put('/a/1', 'again', { requestId: 'r14' })).toMatchObject({ revision: 14 });
    await rig.put('/on', String(opening));
    await engine.close();
  }
});
