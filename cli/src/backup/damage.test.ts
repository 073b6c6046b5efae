import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '@confer/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { confer } from '../scene.contract.ts';
import { entryLine, headerLine, headerOf } from './format.ts';
import { withBackup } from './read.ts';
import { sealBytes } from './seal.ts';
import { writeBackup } from './write.ts';

const root = mkdtempSync(join(tmpdir(), 'confer-damage-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = join(root, 'backup');

const HEADER = headerOf({
  ...{ epoch: 'e1', revision: 900, takenAt: 1, server: { version: '0.1.0', engine: 'lmdb' } },
});
const entry = (path: string, more: Partial<Entry> = {}): Entry => ({
  ...{ path, value: 'v', createRevision: 1, modRevision: 2, version: 1, updatedAt: 1 },
  ...{ updatedBy: 'ann', ...more },
});

async function write(...pages: readonly (readonly Entry[])[]): Promise<Buffer> {
  rmSync(file, { force: true });
  const handle = await open(file, 'wx+');
  const all = async function* () {
    yield* pages;
  };
  await writeBackup(handle, HEADER, all(), new AbortController().signal);
  await handle.close();
  return readFileSync(file);
}

async function entriesOf(): Promise<readonly Entry[]> {
  return withBackup(file, async (backup) => {
    const all: Entry[] = [];
    for await (const page of backup.entries()) all.push(...page);
    return all;
  });
}

const random = new SeededRandom(305);
const some = Array.from({ length: 300 }, (_, i) =>
  entry(`/svc/${String(i).padStart(4, '0')}`, { value: `${random.next()}`.repeat(10) }),
);

describe('a backup', () => {
  it('gives back exactly what was written, in order, whatever is in it', async () => {
    const all = [
      entry('/a', { value: '' }),
      entry('/a/b', { value: '\u0000\n"\u2028\u{1f600}\\', lease: 'l1' }),
      entry('/a-b', { value: '\u0001'.repeat(1024 * 1024) }),
      entry('/ö', { createRevision: 900, modRevision: 900, version: 2 ** 52 }),
    ];
    const own = [entry('/.confer/auth/roles/r'), entry('/.confer/auth/tokens/t')];
    await write(all.slice(0, 1), [], all.slice(1), own);
    expect(await entriesOf()).toEqual([...all, ...own]);
  });
});

describe('damage to a backup', () => {
  let whole: Buffer = Buffer.alloc(0);
  beforeAll(async () => {
    whole = await write(some.slice(0, 200), some.slice(200));
  });

  async function expectFound(bytes: Uint8Array, what: string): Promise<void> {
    writeFileSync(file, bytes);
    const found: unknown = await entriesOf().catch((error: unknown) => error);
    const code = /^(damaged_backup|no_backup)$/;
    expect(found, what).toMatchObject({ code: expect.stringMatching(code), exitCode: 7 });
  }

  it('is found wherever a byte is changed, in 600 places out of a seed', async () => {
    for (let i = 0; i < 600; i++) {
      const bytes = Buffer.from(whole);
      const at = i < 60 ? bytes.length - 1 - i * 3 : random.int(0, bytes.length - 1);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.int(0, 7)), at);
      await expectFound(bytes, `a bit of byte ${at}`);
    }
  }, 60_000);

  it('is found wherever it is cut off, and in whatever is added or left out', async () => {
    for (let i = 0; i < 150; i++) {
      const at = random.int(0, whole.length - 1);
      await expectFound(whole.subarray(0, at), `${at} bytes`);
      const gone = Buffer.concat([whole.subarray(0, at), whole.subarray(at + random.int(1, 300))]);
      await expectFound(gone, `without some bytes at ${at}`);
      const garbage = Buffer.from(
        Array.from({ length: random.int(1, 99) }, () => random.int(0, 255)),
      );
      await expectFound(Buffer.concat([whole, garbage]), 'with something behind it');
      const within = [whole.subarray(0, at), garbage, whole.subarray(at)];
      await expectFound(Buffer.concat(within), `with something at ${at}`);
    }
    await expectFound(Buffer.concat([whole, whole]), 'twice');
  }, 60_000);

  it('keeps a restore from coming to anything, and is named', async () => {
    for (let i = 0; i < 25; i++) {
      const bytes = Buffer.from(whole);
      const at = random.int(400, bytes.length - 1);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.int(0, 7)), at);
      writeFileSync(file, bytes);
      const said = await confer(['restore', file, '--data', join(root, 'restored')]);
      expect(said).toMatchObject({ exitCode: 7, out: '' });
      expect(said.err).toMatch(/^error\[damaged_backup\]: \S+ is damaged: .+\nhint: .+\n$/);
    }
    expect(readdirSync(root)).toEqual(['backup']);
  }, 60_000);
});

describe('a file that was made to look like a backup', () => {
  /** With a seal that fits. */
  async function sealed(text: string, entries: number): Promise<unknown> {
    const { createHash } = await import('node:crypto');
    const { gzipSync } = await import('node:zlib');
    const body = gzipSync(text);
    const sha256 = createHash('sha256').update(body).digest('hex');
    writeFileSync(file, Buffer.concat([body, sealBytes({ entries, sha256 })]));
    return entriesOf().catch((error: unknown) => error);
  }
  const lines = (...entries: readonly unknown[]) =>
    headerLine(HEADER) + entries.map((each) => `${JSON.stringify(each)}\n`).join('');

  it.each<[string, unknown[], string]>([
    ['no path', [{}], 'line 2: it has no path'],
    ['no object', [7], 'line 2: it is no JSON object'],
    ['a path that is none', [entry('shop')], 'line 2: "shop": a path starts with "/"'],
    ['a path twice', [entry('/a'), entry('/a')], 'line 3: /a is there twice'],
    ['another order', [entry('/b'), entry('/a')], 'line 3: /a comes after /b'],
    [
      'what is the server’s own first',
      [entry('/.confer/x'), entry('/a')],
      'line 3: /a comes after /.confer/x',
    ],
    ['a value too large', [entry('/a', { value: 'x'.repeat(2 ** 20 + 1) })], 'more than 1048576'],
    ['half a character', [entry('/a', { value: '\ud800' })], 'line 2: "/a": its value is no text'],
    [
      'a revision that has not been',
      [entry('/a', { modRevision: 901 })],
      'newer than revision 900',
    ],
    ['revisions that do not fit', [entry('/a', { createRevision: 3 })], 'do not fit together'],
    ['no whole number', [{ ...entry('/a'), version: 1.5 }], 'are no whole numbers'],
    ['nobody who wrote it', [{ ...entry('/a'), updatedBy: 7 }], 'who wrote it'],
    ['a lease that is none', [{ ...entry('/a'), lease: 7 }], 'its lease is no text'],
    ['a field of the future', [{ ...entry('/a'), more: 1 }], 'does not know'],
  ])('is refused by its line: %s', async (_, entries, message) => {
    expect(await sealed(lines(...entries), entries.length)).toMatchObject({
      ...{ code: 'damaged_backup', message: expect.stringContaining(message) },
    });
  });

  it('is refused where its last line counts otherwise, or its last entry has no end', async () => {
    const one = entryLine(entry('/a'));
    expect(await sealed(headerLine(HEADER) + one, 2)).toMatchObject({
      message: expect.stringContaining('it has 1 entries, and its last line says 2'),
    });
    expect(await sealed(headerLine(HEADER) + one.trimEnd(), 0)).toMatchObject({
      message: expect.stringContaining('line 2 is not whole'),
    });
  });

  it('costs no more memory than a line has, however much it unpacks to', async () => {
    expect(await sealed(headerLine(HEADER) + ' '.repeat(64 * 1024 * 1024), 0)).toMatchObject({
      message: expect.stringContaining('line 2 does not end'),
    });
  });
});
