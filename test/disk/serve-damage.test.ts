import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confer, withDirectory } from '../support/process.ts';
import { endAll, pathsIn, refusalOf, Served, toldOf } from './real-server.ts';
import {
  damagedRow,
  degraded,
  ended,
  inUse,
  logDamaged,
  missing,
  newer,
  older,
  salvageable,
  suspect,
  unreadable,
} from './said.ts';

const PAGE_BYTES = 4096;
const REVISIONS = 20;
/** A file that has more is not looked through at a start. */
const LARGE_FILE_WRITES = 36;

const home = mkdtempSync(join(tmpdir(), 'confer-damaged-'));
const stores = {
  /** Closed in order. */
  closed: join(home, 'closed'),
  /** With all that was written in the log alone. */
  killed: join(home, 'killed'),
  other: join(home, 'other'),
};

beforeAll(async () => {
  for (const [name, directory] of Object.entries(stores)) {
    const served = await Served.start(directory);
    for (let i = 0; i < REVISIONS; i++)
      await served.client.set(`/k/${i}`, `value ${i} worth keeping`);
    if (name === 'killed') await served.kill();
    else await served.stop();
  }
});
afterEach(endAll);
afterAll(() => rmSync(home, { recursive: true }));

async function withCopy(
  store: keyof typeof stores,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (place) => {
    const directory = join(place, 'data');
    cpSync(stores[store], directory, { recursive: true });
    await use(directory);
  });
}

/** Changes a letter of a text wherever it is in the data, which stay the same file. */
function damage(directory: string, text: string): void {
  const file = join(directory, 'data.mdb');
  const content = readFileSync(file);
  const descriptor = openSync(file, 'r+');
  let at = content.indexOf(text);
  expect(at).toBeGreaterThan(0);
  for (; at !== -1; at = content.indexOf(text, at + 1)) writeSync(descriptor, '#', at);
  closeSync(descriptor);
}

const changing =
  (name: string, how: (content: Buffer) => Uint8Array | string) => (directory: string) => {
    const file = join(directory, name);
    writeFileSync(file, how(readFileSync(file)));
  };
const removing = (name: string) => (directory: string) => rmSync(join(directory, name));
const newFormat = (label: Buffer) => label.toString().replace('"format": 1', '"format": 99');

describe('a server that starts on damaged files', () => {
  it.each([
    [
      'a row of data.mdb is damaged',
      'closed',
      (at: string) => damage(at, 'value 7 worth keeping'),
      salvageable('the row "/k/7" of the table entries: is not as it was written'),
    ],
    [
      'data.mdb is cut off',
      'closed',
      changing('data.mdb', (data) => data.subarray(0, 5 * PAGE_BYTES)),
      salvageable('the file is cut off'),
    ],
    [
      'one meta page of data.mdb is damaged',
      'closed',
      changing('data.mdb', (data) => data.fill(0, PAGE_BYTES, 2 * PAGE_BYTES)),
      salvageable('its second page is damaged'),
    ],
    [
      'data.mdb is empty',
      'closed',
      changing('data.mdb', () => ''),
      'data.mdb: it is empty; restore a copy',
    ],
    [
      'data.mdb is foreign',
      'closed',
      changing('data.mdb', ({ length }) => 'x'.repeat(length)),
      'data.mdb: it is not from Confer; restore a copy',
    ],
    ['data.mdb is missing', 'closed', removing('data.mdb'), missing(REVISIONS)],
    [
      'a log is damaged',
      'killed',
      changing('wal-0', (log) => log.fill(0xff, 5 * PAGE_BYTES + 50, 5 * PAGE_BYTES + 51)),
      logDamaged('file wal-0 is damaged at byte 20480'),
    ],
    [
      'a log is missing',
      'killed',
      removing('wal-0'),
      logDamaged('file wal-0 is missing, and commits are in it'),
    ],
    [
      'a log is empty',
      'killed',
      changing('wal-0', () => ''),
      logDamaged('write-ahead log lacks segment 1 (wal-0 has none, wal-1 has none)'),
    ],
  ] as const)('S1 says in one line that %s, each time', async (_what, store, harm, why) => {
    await withCopy(store, async (directory) => {
      harm(directory);
      for (let i = 0; i < 2; i++)
        expect(await refusalOf(directory)).toEqual([unreadable(directory, why)]);
    });
  });

  it('S1 S5 says that data.mdb is an older copy, or of another store', async () => {
    await withCopy('closed', async (directory) => {
      const file = join(directory, 'data.mdb');
      const copy = readFileSync(file);
      const served = await Served.start(directory);
      for (let i = 0; i < 2; i++) expect(await served.write()).toBe('written');
      await served.stop();
      writeFileSync(file, copy);
      const why = older(REVISIONS, `revisions ${REVISIONS + 1} to ${REVISIONS + 2}`);
      expect(await refusalOf(directory)).toEqual([unreadable(directory, why)]);
      cpSync(join(stores.other, 'data.mdb'), file);
      const said = await refusalOf(directory);
      expect(said).toEqual([expect.stringContaining(': data.mdb is of another store (epoch ')]);
    });
  });

  it('says that another server has the directory, or that it is of a newer format', async () => {
    await withCopy('closed', async (directory) => {
      const served = await Served.start(directory);
      const { pid = 0 } = served.program.child;
      expect(await refusalOf(directory)).toEqual([inUse(directory, pid)]);
      await served.stop();
      changing('confer.json', newFormat)(directory);
      expect(await refusalOf(directory)).toEqual([newer(directory)]);
    });
  });

  it.each(['confer.json', 'lock.mdb', 'reserve'])('S1 serves all without %s', async (name) => {
    await withCopy('killed', async (directory) => {
      removing(name)(directory);
      expect(await pathsIn(directory)).toHaveLength(REVISIONS);
    });
  });

  it('S1 looks a large file through first, once three runs did not end in order', {
    timeout: 60_000,
  }, async () => {
    await withDirectory(async (place) => {
      const directory = join(place, 'data');
      const first = await Served.start(directory);
      for (let i = 0; i < LARGE_FILE_WRITES; i++) expect(await first.writeLong()).toBe('written');
      await first.stop();
      for (let i = 0; i < 3; i++) await (await Served.start(directory)).kill();
      damage(directory, 'of /long/1070 xxxx');
      const row = 'the row [36,"/long/1070"] of the table values: is not as it was written';
      expect(await refusalOf(directory)).toEqual([
        suspect(directory),
        unreadable(directory, salvageable(row)),
      ]);
    });
  });
});

describe('a server that meets a damaged row', () => {
  it('S1 serves all other rows, says once which it is, and is not started again on it', async () => {
    await withCopy('closed', async (directory) => {
      const served = await Served.start(directory);
      damage(directory, 'value 7 worth keeping');
      const { client } = served;
      const asked = [
        () => client.get('/k/7'),
        () => client.get('/k/7'),
        () => client.list('/'),
        () => client.set('/k/7', 'new'),
      ];
      for (const ask of asked) expect(await toldOf(ask())).toBe('damaged');
      expect(await client.get('/k/8')).toMatchObject({ value: 'value 8 worth keeping' });
      expect(await toldOf(client.set('/k/8', 'new'))).toBe('written');
      const reason = damagedRow('"/k/7" in the table entries');
      expect(await served.status()).toEqual({ storage: 'degraded', storageProblem: reason });
      expect((await served.stop()).code).toBe(1);
      expect(served.said).toEqual([degraded(reason), ended(reason)]);

      await expectRefused(directory);
    });
  });

  it('S1 W3 tells those who watch that row why they get none, line by line and not as a bug', async () => {
    await withCopy('closed', async (directory) => {
      const served = await Served.start(directory);
      damage(directory, 'value 7 worth keeping');
      const mirror = served.client.mirror('/k');
      const reason = damagedRow('"/k/7" in the table entries');
      const line = (text: string) =>
        text.startsWith('warn connection ended') && text.includes(reason);
      await served.program.saw(() => served.said.filter(line).length > 2 || undefined);
      expect(mirror.status).not.toBe('live');
      expect(await served.client.get('/k/8')).toMatchObject({ value: 'value 8 worth keeping' });
      mirror.close();
      expect((await served.stop()).code).toBe(1);
      const others = served.said.filter((text) => !line(text));
      expect(others).toEqual([degraded(reason), ended(reason)]);
    });
  });

  async function expectRefused(directory: string): Promise<void> {
    const row = 'the row "/k/7" of the table entries: is not as it was written';
    expect(await refusalOf(directory)).toEqual([unreadable(directory, salvageable(row))]);
    const into = `${directory}.salvaged`;
    const repair = await confer(['repair', '--data', directory, '--into', into]);
    expect(repair.code).toBe(0);
    expect(repair.stdout).toContain(`lost: data.mdb: ${row}\n`);
    expect(await pathsIn(into)).toHaveLength(REVISIONS - 1);
  }
});
