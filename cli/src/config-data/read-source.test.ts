import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSource, SourceError } from './read-source.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'confer-import-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

const read = (input = directory, at = '/app') => readSource(input, at, { onFile: () => {} });
const short = (texts: readonly string[]) =>
  texts.map((text) => text.replaceAll(`${directory}/`, ''));

async function problems(): Promise<string[]> {
  const error = await read().catch((failure: unknown) => failure);
  return error instanceof SourceError ? short(error.problems) : ['it was read'];
}

describe('a directory', () => {
  test('makes each file a subtree of its name, and each directory too', async () => {
    await write({
      'orders.yml': 'server: {port: 8080}',
      'orders-docker.json': '{"a": 1}',
      'eu/limits.v2.toml': 'max = 5',
      'eu/100%.yaml': 'x',
    });
    expect(Object.fromEntries((await read()).values)).toEqual({
      '/app/orders/server/port': '8080',
      '/app/orders-docker/a': '1',
      '/app/eu/limits.v2/max': '5',
      '/app/eu/100%25': 'x',
    });
  });

  test('is read without hidden files and files of other kinds, which are named', async () => {
    await write({ 'a.yml': 'x: 1', 'README.md': '', '.env.yml': '', '.git/config.json': '' });
    const { values, skipped } = await read();
    expect([...values.keys()]).toEqual(['/app/a/x']);
    expect(short(skipped)).toEqual(['.env.yml', '.git/', 'README.md']);
  });

  test('of links, as Kubernetes mounts one, is followed', async () => {
    await write({ '..data/a.yml': 'x: 1' });
    await symlink('..data/a.yml', join(directory, 'a.yml'));
    expect([...(await read()).values.keys()]).toEqual(['/app/a/x']);
  });

  test('with two files of one name is refused, both named', async () => {
    await write({ 'a.yml': 'x: 1', 'a.json': '{}' });
    expect(await problems()).toEqual(['a.yml: becomes the same subtree "a" as a.json']);
  });

  test('with a file and a directory of one name is refused, both named', async () => {
    await write({ 'a.yml': 'x: 1', 'a/b.yml': '{}' });
    expect(await problems()).toEqual(['a.yml: becomes the same subtree "a" as a']);
  });

  test('with bad files is refused with a line for each', async () => {
    await write({
      'good.yml': 'x: 1',
      'bad.yml': 'x: 1\nx: 2',
      'eu/bad.json': '{\n  "a": }',
      'key.toml': `ok = 1\n${'k'.repeat(256)} = 2`,
    });
    expect(await problems()).toEqual([
      'bad.yml:2:1: the key "x" is there twice',
      'eu/bad.json:2:8: value expected',
      'key.toml:2:1: this cannot become a path: a segment of a path is at most 255 bytes long',
    ]);
  });

  test('that leads back to itself is refused', async () => {
    await write({ 'a.yml': 'x: 1' });
    await symlink('.', join(directory, 'loop'));
    expect(await problems()).toEqual([`loop: the link leads back to ${directory}`]);
  });

  test('without any configuration is refused, so that --prune removes nothing by accident', async () => {
    await write({ 'README.md': '' });
    expect(await problems()).toEqual([`${directory}: holds no YAML, JSON or TOML file`]);
  });
});

test('one file lands directly at the path', async () => {
  await write({ 'a.yml': 'x: 1' });
  expect([...(await read(join(directory, 'a.yml'))).values.keys()]).toEqual(['/app/x']);
});

test('a missing file is told in words', async () => {
  await expect(read('/nowhere/a.yml')).rejects.toThrow('/nowhere/a.yml: no such file or directory');
});
