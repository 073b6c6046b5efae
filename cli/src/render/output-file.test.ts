import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutputFile } from './output-file.ts';

let directory = '';
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'confer-output-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (...names: readonly string[]) => join(directory, ...names);
const stage = (path: string, content: string, mode?: number) =>
  new OutputFile(path, mode).stage(Buffer.from(content));
const write = async (path: string, content: string, mode?: number) =>
  (await stage(path, content, mode)).commit();
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('an output file', () => {
  test('holds the old content until all of the new one takes its place', async () => {
    writeFileSync(at('a'), 'old');
    const staged = await stage(at('a'), 'new');
    expect(readFileSync(at('a'), 'utf8')).toBe('old');
    expect(readFileSync(staged.temporary, 'utf8')).toBe('new');
    await staged.commit();
    expect(readFileSync(at('a'), 'utf8')).toBe('new');
    expect(readdirSync(directory)).toEqual(['a']);
  });

  test('is left as it is, with nothing beside it, where it is not to be', async () => {
    writeFileSync(at('a'), 'old');
    await (await stage(at('a'), 'new')).discard();
    expect(readFileSync(at('a'), 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['a']);
  });

  test('keeps its mode, and is 0644 where it is new, or what was asked for', async () => {
    writeFileSync(at('a'), 'old');
    chmodSync(at('a'), 0o640);
    await write(at('a'), 'new');
    await write(at('b'), 'new');
    await write(at('c'), 'new', 0o600);
    await write(at('a'), 'newer');
    expect([at('a'), at('b'), at('c')].map(modeOf)).toEqual([0o640, 0o644, 0o600]);
  });

  test('that is a link stays one, and what it leads to is replaced, wherever that is', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('real', 'file'), 'old');
    symlinkSync('real/file', at('link'));
    symlinkSync('link', at('link-to-link'));
    symlinkSync('real', at('folder'));
    symlinkSync('real/not-yet', at('dangling'));
    await write(at('link-to-link'), 'new');
    expect(readFileSync(at('real', 'file'), 'utf8')).toBe('new');
    await write(at('folder', 'file'), 'newer');
    await write(at('dangling'), 'there');
    expect(readFileSync(at('real', 'file'), 'utf8')).toBe('newer');
    expect(readFileSync(at('real', 'not-yet'), 'utf8')).toBe('there');
    const isLink = (name: string) => lstatSync(at(name)).isSymbolicLink();
    expect(['link', 'link-to-link', 'dangling'].every(isLink)).toBe(true);
    expect(readdirSync(at('real')).sort()).toEqual(['file', 'not-yet']);
  });

  test('takes the place of what a killed process left beside it, and follows no link there', async () => {
    writeFileSync(at('elsewhere'), 'untouched');
    symlinkSync('elsewhere', at('.a.confer'));
    await write(at('a'), 'new');
    expect(readFileSync(at('elsewhere'), 'utf8')).toBe('untouched');
    expect(readdirSync(directory).sort()).toEqual(['a', 'elsewhere']);
  });

  test('differs from what it does not hold, and where it is missing', async () => {
    writeFileSync(at('a'), 'old');
    const differs = (name: string, content: string) =>
      new OutputFile(at(name), undefined).differs(Buffer.from(content));
    expect(await Promise.all([differs('a', 'old'), differs('a', 'x'), differs('b', '')])).toEqual([
      false,
      true,
      true,
    ]);
  });

  test.each([
    ['whose directory is missing', ['no', 'a'], /no\/a cannot be written: ENOENT/],
    ['that is a directory', ['folder'], /folder cannot be written: it is no file/],
    ['that is a link to itself', ['loop'], /loop cannot be written: too many links/],
    ['with a name that leaves no room', ['x'.repeat(255)], /cannot be written: ENAMETOOLONG/],
  ])('%s is refused with its name, and nothing is left behind', async (_, names, problem) => {
    mkdirSync(at('folder'));
    symlinkSync('loop', at('loop'));
    await expect(stage(at(...names), 'new')).rejects.toThrow(problem);
    expect(readdirSync(directory).sort()).toEqual(['folder', 'loop']);
  });
});
