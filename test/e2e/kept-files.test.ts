import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, fileSnapshot } from '@confer/client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSmallDisk } from '../faults/small-disk.ts';
import { isLong } from '../support/extent.ts';
import { Program, serve } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const KEEPER = fileURLToPath(new URL('keeper.js', import.meta.url));
const SOON = { timeout: 15_000, interval: 20 };
const clock = { now: () => Date.now(), setTimer: () => ({ cancel: () => {} }) };

const scratch = scratchDirectory();

/** What a program that starts now would begin with, and what it would report. */
function loaded(kept: string) {
  const reported: string[] = [];
  const state = fileSnapshot(kept)
    .open(clock, (error) => reported.push(String(error)))
    .load('/svc');
  return { entries: state?.entries.length, reported };
}

/** A server with some megabytes below `/svc`, and a secret among them. */
async function filled(count = 3_000) {
  const { program, url } = await serve(['--memory']);
  onTestFinished(() => void program.kill());
  const client = connect(url);
  onTestFinished(() => client.close());
  const operations = Array.from(
    { length: count },
    (_, i) => ({ type: 'put', path: `/svc/key-${i}`, value: `${i} ${'x'.repeat(1_000)}` }) as const,
  );
  const secret = { type: 'put', path: '/svc/secret/deep', value: 'hush' } as const;
  await client.commit({ operations: [...operations, secret] });
  return { url, client, count };
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
}

/** So many bytes lie in files that are not done. */
function unfinishedBytes(kept: string): number {
  try {
    const unfinished = allFiles(kept).filter((file) => file.includes('.new-'));
    return Math.max(0, ...unfinished.map((file) => statSync(file).size));
  } catch {
    // It was moved to its place in between.
    return 0;
  }
}

test('a snapshot whose program is killed while it writes, again and again, is the last whole one (W4)', async () => {
  const { url, count } = await filled();
  const kept = join(scratch.path, 'kept');
  expect((await new Program(KEEPER, [url, kept]).finished).stdout).toContain('written');
  let killedHalfWay = 0;
  const rounds = isLong ? 12 : 4;
  for (let round = 0; round < rounds; round++) {
    const before = new Set(readdirSync(kept));
    const program = new Program(KEEPER, [url, kept]);
    await program.saw(({ stdout }) => (stdout.includes('writing') ? true : undefined));
    const enough = (round * 3_000_000) / rounds;
    const isHere = () => readdirSync(kept).some((name) => !before.has(name));
    while (!program.stdout.includes('written') && !(isHere() && unfinishedBytes(kept) >= enough))
      await new Promise((resolve) => setImmediate(resolve));
    await program.kill();
    if (!program.stdout.includes('written')) killedHalfWay++;
    expect(loaded(kept)).toEqual({ entries: count, reported: [] });
    for (const file of allFiles(kept)) expect(readFileSync(file, 'utf8')).not.toContain('hush');
    for (const file of allFiles(kept)) expect(statSync(file).mode & 0o777).toBe(0o600);
  }
  expect(killedHalfWay).toBeGreaterThan(0);
  // What they left goes as soon as nobody can be writing it any more.
  const longAgo = new Date(Date.now() - 120_000);
  for (const file of allFiles(kept).filter((each) => each.includes('.new-')))
    utimesSync(file, longAgo, longAgo);
  for (const name of readdirSync(kept)) utimesSync(join(kept, name), longAgo, longAgo);
  await new Program(KEEPER, [url, kept]).finished;
  expect(readdirSync(kept)).toHaveLength(1);
  expect(loaded(kept)).toEqual({ entries: count, reported: [] });
}, 60_000);

test('a directory that two programs keep the same in has a whole file at any time, and nobody complains', async () => {
  const { url, count } = await filled(1_000);
  const kept = join(scratch.path, 'kept');
  for (let round = 0; round < (isLong ? 4 : 2); round++) {
    const programs = [1, 2, 3].map(() => new Program(KEEPER, [url, kept]));
    for (const { stdout, stderr, code } of await Promise.all(programs.map((one) => one.finished))) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('written');
    }
    expect(loaded(kept)).toEqual({ entries: count, reported: [] });
    expect(readdirSync(kept)).toHaveLength(1);
  }
}, 60_000);

test('a full disk leaves the last whole snapshot and nothing else, is reported once, and is got over [a mount of tmpfs]', async ({
  skip,
}) => {
  const disk = openSmallDisk(scratch.path);
  if (disk === undefined) return skip('no file system can be mounted here');
  const { url, client: writer } = await filled();
  const reported: string[] = [];
  const kept = join(disk.dataDirectory, 'kept');
  const client = connect(url, {
    snapshot: fileSnapshot(kept, { maxAgeMs: 20_000 }),
    onError: (error) => reported.push(String(error)),
  });
  try {
    await client.mirror('/svc').ready();
    await vi.waitFor(() => expect(loaded(kept).entries).toBe(3_001), SOON);
    writeFileSync(join(disk.dataDirectory, 'more'), Buffer.alloc(7 * 2 ** 20));
    await writer.set('/svc/new', '1');
    await vi.waitFor(() => expect(reported).toEqual([expect.stringContaining('ENOSPC')]), SOON);
    expect(loaded(kept)).toEqual({ entries: 3_001, reported: [] });
    expect(readdirSync(kept)).toHaveLength(1);
    disk.makeRoom();
    await vi.waitFor(() => expect(loaded(kept).entries).toBe(3_002), SOON);
    expect(reported).toHaveLength(1);
  } finally {
    await client.close();
    disk.remove();
  }
}, 60_000);

describe('instead of a snapshot,', () => {
  test.each<[string, (file: string) => void, RegExp]>([
    ['a pipe', (file) => execFileSync('mkfifo', [file]), /no file/],
    ['a device without an end', (file) => symlinkSync('/dev/zero', file), /no file/],
    ['a directory', (file) => mkdirSync(file), /no file/],
    ['a link to itself', (file) => symlinkSync(file, file), /ELOOP/],
    ['zeros', (file) => writeFileSync(file, Buffer.alloc(100_000)), /damaged/],
    ['nothing but ends of lines', (file) => writeFileSync(file, '\n'.repeat(9_999)), /damaged/],
    ['gigabytes', (file) => [writeFileSync(file, ''), truncateSync(file, 3e9)], /3000000000 bytes/],
  ])('%s is reported, holds nobody up, and the server is asked', async (_, spoil, problem) => {
    const { url } = await filled(10);
    const kept = join(scratch.path, 'kept');
    await new Program(KEEPER, [url, kept]).finished;
    const [name = ''] = readdirSync(kept);
    rmSync(join(kept, name));
    spoil(join(kept, name));
    expect(loaded(kept)).toEqual({
      entries: undefined,
      reported: [expect.stringMatching(problem)],
    });
    const { code, stdout } = await new Program(KEEPER, [url, kept]).finished;
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'writing 11']);
    expect(existsSync('/dev/zero')).toBe(true);
  });

  test('one with any byte of it changed, or any end of it cut off, is reported and not used', async () => {
    const { url } = await filled(2);
    const kept = join(scratch.path, 'kept');
    await new Program(KEEPER, [url, kept]).finished;
    const [name = ''] = readdirSync(kept);
    const file = join(kept, name);
    const whole = readFileSync(file);
    const uses: number[] = [];
    const spoilt = (bytes: Buffer, at: number) => {
      writeFileSync(file, bytes);
      const { entries, reported } = loaded(kept);
      if (entries !== undefined || reported.length !== 1) uses.push(at);
    };
    // Each one in the long mode.
    for (let at = 0; at < whole.length; at += isLong ? 1 : 5) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      spoilt(flipped, at);
      spoilt(whole.subarray(0, at), at);
    }
    expect(uses).toEqual([]);
    writeFileSync(file, whole);
    expect(loaded(kept)).toEqual({ entries: 2, reported: [] });
  });
});
