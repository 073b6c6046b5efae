import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { OverrideFile } from './override-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'confer-override-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The file, with what was said and reported of it. */
function opened({ say = (_: string) => {} } = {}) {
  const clock = new VirtualClock();
  const at = join(directory, 'override.json');
  const said: string[] = [];
  const reported: string[] = [];
  const open = () => {
    const file = new OverrideFile(
      at,
      clock,
      (error) => reported.push(String(error)),
      (message) => {
        said.push(message);
        say(message);
      },
    );
    let changes = 0;
    file.onChange(() => changes++);
    const look = async () => {
      await clock.advance(1_000);
      return [...file.values];
    };
    return { file, look, changes: () => changes };
  };
  return { at, said, reported, clock, open };
}

describe('the override file', () => {
  test.each<[string, (at: string) => void, string]>([
    ['a pipe that nobody writes to', (at) => execFileSync('mkfifo', [at]), 'no file'],
    ['a device without an end', (at) => symlinkSync('/dev/zero', at), 'no file'],
    ['a directory', (at) => mkdirSync(at), 'no file'],
    ['a link to itself', (at) => symlinkSync(at, at), 'ELOOP'],
    ['too large', (at) => [writeFileSync(at, ''), truncateSync(at, 5_000_000)], '5000000 bytes'],
    ['cut off', (at) => writeFileSync(at, '{"/a": 1'), 'JSON'],
    ['a list', (at) => writeFileSync(at, '[1]'), 'no JSON object'],
    ['deeper than a path may be', (at) => writeFileSync(at, deep('{"a":', '}')), 'a path'],
    [
      'of lists deeper than anybody can read',
      (at) => writeFileSync(at, deep('[', ']')),
      'not used',
    ],
    ['of a path that is none', (at) => writeFileSync(at, '{"/a//b": 1}'), '/a//b'],
    ['of two keys for one path', (at) => writeFileSync(at, '{"/a": {"": {"b": 1}}}'), 'own map'],
  ])(
    'that is %s is reported once, holds nobody up, and is read once it is mended',
    async (_, spoil, problem) => {
      const { at, reported, clock, open } = opened();
      spoil(at);
      const { file, look } = open();
      for (let i = 0; i < 5; i++) expect(await look()).toEqual([]);
      expect(reported).toEqual([expect.stringContaining(problem)]);
      rmSync(at, { recursive: true });
      writeFileSync(at, '{"/a": 1}');
      expect(await look()).toEqual([['/a', '1']]);
      expect(reported).toHaveLength(1);
      file.close();
      expect(clock.pending).toBe(0);
    },
  );

  test('that goes bad while it is used changes nothing, and each other problem is reported', async () => {
    const { at, reported, open } = opened();
    writeFileSync(at, '{"/a": 1}');
    const { file, look, changes } = open();
    writeFileSync(at, '{"/a": 2, ');
    expect(await look()).toEqual([['/a', '1']]);
    appendFileSync(at, '"b": 3}');
    expect(await look()).toEqual([['/a', '1']]);
    expect(reported).toHaveLength(2);
    expect(changes()).toBe(0);
    writeFileSync(at, '{"/a": 2, "/b": 3}');
    expect(await look()).toEqual([
      ['/a', '2'],
      ['/b', '3'],
    ]);
    writeFileSync(at, '');
    await look();
    expect(reported).toHaveLength(3);
    expect(changes()).toBe(1);
    file.close();
  });

  test('that is swapped by a symbolic link, as Kubernetes does it, is read anew', async () => {
    const { at, said, open } = opened();
    const mount = (version: string, text: string) => {
      mkdirSync(join(directory, version));
      writeFileSync(join(directory, version, 'override.json'), text);
      symlinkSync(version, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    };
    mount('..v1', '{"/a": 1}');
    symlinkSync('..data/override.json', at);
    const { file, look } = open();
    expect(await look()).toEqual([['/a', '1']]);
    mount('..v2', '{"/a": 2}');
    expect(await look()).toEqual([['/a', '2']]);
    rmSync(join(directory, '..data'));
    expect(await look()).toEqual([]);
    expect(said.at(-1)).toContain('overrides nothing any more');
    file.close();
  });

  test('is used, and its changes are told, where whoever is told of them throws', async () => {
    const { at, said, reported, open } = opened({
      say: () => {
        throw new Error('my logger is down');
      },
    });
    writeFileSync(at, '{"/a": 1}');
    const { file, look, changes } = open();
    expect(await look()).toEqual([['/a', '1']]);
    writeFileSync(at, '{"/a": 22}');
    expect(await look()).toEqual([['/a', '22']]);
    expect(changes()).toBe(1);
    expect(said).toHaveLength(2);
    expect(reported).toEqual(['Error: my logger is down', 'Error: my logger is down']);
    file.close();
  });

  test('keeps all digits of large numbers, as entries do', async () => {
    const { at, open } = opened();
    writeFileSync(at, '\n{"/a": {"id": 12345678901234567890, "ids": [12345678901234567891]}}\n');
    const { file } = open();
    expect([...file.values]).toEqual([
      ['/a/id', '12345678901234567890'],
      ['/a/ids', '[12345678901234567891]'],
    ]);
    file.close();
  });
});

function deep(open: string, close: string): string {
  const value = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
  return `{"/a": ${value}}`;
}
