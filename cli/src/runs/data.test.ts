import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from '@confer/server';
import { afterAll, describe, expect, it } from 'vitest';
import { confer } from '../scene.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'confer-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let names = 0;
const newName = () => join(root, `d${names++}`);

function serverOf(dataDirectory: string) {
  return createServer({ engine: 'lmdb', dataDirectory, port: 0, transport: 'ws' });
}

/** A directory that was served and closed, with two entries. */
async function filled(): Promise<string> {
  const directory = newName();
  const server = await serverOf(directory);
  await confer(['set', '/app/good', 'as it was'], { env: { CONFER_URL: server.url } });
  await confer(['set', '/app/worth', 'worth keeping'], { env: { CONFER_URL: server.url } });
  await server.close();
  return directory;
}

/** Changes one letter wherever the text is. */
function damage(directory: string, text: string): void {
  const file = join(directory, 'data.mdb');
  const bytes = readFileSync(file);
  let at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  for (; at !== -1; at = bytes.indexOf(text, at + 1)) bytes.write('W', at);
  writeFileSync(file, bytes);
}

describe('verify', () => {
  it('says that all is well, and what there is', async () => {
    const directory = await filled();
    const said = await confer(['verify', '--data', directory]);
    expect(said).toMatchObject({ exitCode: 0, err: '' });
    expect(said.out).toMatch(/^all is well: .*entries 2\b.*\n$/);
    const json = await confer(['verify', '--data', directory, '-o', 'json']);
    expect(JSON.parse(json.out)).toMatchObject({ rows: { entries: 2 }, problems: [] });
  });

  it('names what is damaged, ends with 1 and says what to do', async () => {
    const directory = await filled();
    damage(directory, 'worth keeping');
    const said = await confer(['verify', '--data', directory]);
    expect(said.exitCode).toBe(1);
    expect(said.err).toContain(
      'error[damaged]: data.mdb: the row "/app/worth" of the table entries',
    );
    expect(said.err).toContain('confer repair --data DIRECTORY --into NEW');
  });

  it('refuses a directory that is served, or has no store, with 2', async () => {
    const none = await confer(['verify', '--data', newName()]);
    expect(none).toMatchObject({ exitCode: 2, out: '' });
    expect(none.err).toContain('has no data.mdb, so there is no store in it');
    const directory = newName();
    const server = await serverOf(directory);
    const used = await confer(['verify', '--data', directory]);
    await server.close();
    expect(used).toMatchObject({ exitCode: 2, out: '' });
    expect(used.err).toContain('is in use; stop its server first');
  });
});

describe('repair', () => {
  it('salvages what is whole into a new directory, which can be served', async () => {
    const directory = await filled();
    damage(directory, 'worth keeping');
    const before = readFileSync(join(directory, 'data.mdb'));
    const into = newName();
    const said = await confer(['repair', '--data', directory, '--into', into]);
    expect(said).toMatchObject({ exitCode: 0, err: '' });
    expect(said.out).toContain(`1 entries as of revision 2 are in ${into}\n`);
    expect(said.out).toContain('lost: data.mdb: the row "/app/worth" of the table entries');
    expect(readFileSync(join(directory, 'data.mdb'))).toEqual(before);
    expect(readdirSync(root).filter((name) => name.endsWith('.unfinished'))).toEqual([]);

    expect(await confer(['verify', '--data', into])).toMatchObject({ exitCode: 0 });
    const server = await serverOf(into);
    const read = await confer(['tree', '/'], { env: { CONFER_URL: server.url } });
    await server.close();
    expect(read.out).toContain('as it was');
    expect(read.out).not.toContain('keeping');
  });

  it('makes nothing where something is already, or where there is nothing to salvage', async () => {
    const directory = await filled();
    const into = newName();
    mkdirSync(into);
    writeFileSync(join(into, 'mine'), 'mine');
    const taken = await confer(['repair', '--data', directory, '--into', into]);
    expect(taken).toMatchObject({ exitCode: 2, out: '' });
    expect(taken.err).toContain('is not empty; name a new directory');
    expect(readdirSync(into)).toEqual(['mine']);

    const nothing = newName();
    const missing = await confer(['repair', '--data', newName(), '--into', nothing]);
    expect(missing).toMatchObject({ exitCode: 2, out: '' });
    expect(await confer(['verify', '--data', nothing])).toMatchObject({ exitCode: 2 });
  });
});

describe('verify and repair', () => {
  it('end when they are asked to, and leave nothing', async () => {
    const directory = newName();
    const server = await serverOf(directory);
    const env = { CONFER_URL: server.url };
    // Each is work for a while: so much that somebody is asked in between whether to go on.
    for (let i = 0; i < 5; i++) await confer(['set', `/long/${i}`, 'x'.repeat(1_000_000)], { env });
    await server.close();
    const into = newName();
    for (const args of [['verify'], ['repair', '--into', into]]) {
      const signal = AbortSignal.abort('SIGINT');
      const said = await confer([...args, '--data', directory], { signal });
      expect(said).toMatchObject({ exitCode: 130, out: '' });
    }
    expect(readdirSync(root).filter((name) => join(root, name).startsWith(into))).toEqual([]);
    expect(await confer(['verify', '--data', directory])).toMatchObject({ exitCode: 0 });
  });
});
