import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { ALICE, AuditScene, commitOf } from '../test-support/audit-scene.ts';
import type { AuditHead } from './events.ts';
import { verifyFiles } from './verify.ts';

/** Attack 37 of the security brief: somebody who may write to the files wants one event not to have been. */
const isLong = process.env.CONFER_TEST_LONG === '1';
const SEEDS = Array.from({ length: isLong ? 200 : 10 }, (_, i) => i + 1);
const LINES = 24;

let scene: AuditScene;
let head: AuditHead | undefined;
beforeEach(async () => {
  scene = new AuditScene();
  await scene.write(LINES, { fileBytesMax: 2_500 });
  ({ head } = await verifyFiles(scene.directory));
  expect(scene.files.length).toBeGreaterThan(3);
});
afterEach(() => scene.end());

function rewrite(name: string, lines: readonly string[]): void {
  writeFileSync(scene.path(name), lines.map((line) => `${line}\n`).join(''));
}

const problemNow = async (heads: readonly AuditHead[] = []) =>
  (await verifyFiles(scene.directory, heads)).problem;

/** Any file, and any line of it, counted from 1. */
function somewhere(random: () => number) {
  const name = scene.files[Math.floor(random() * scene.files.length)] ?? '';
  const lines = scene.linesOf(name);
  const line = 1 + Math.floor(random() * lines.length);
  const isLast = name === scene.files.at(-1) && line === lines.length;
  return { name, lines, line, isLast };
}

describe('verify', () => {
  it.each(SEEDS)(
    '37 names the line of which any character was edited, or the one beside it (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed).next;
      const { name, lines, line, isLast } = somewhere(random);
      const text = lines[line - 1] ?? '';
      const at = Math.floor(random() * text.length);
      const other = text[at] === '7' ? '3' : '7';
      lines[line - 1] = text.slice(0, at) + other + text.slice(at + 1);
      rewrite(name, lines);
      // Nothing follows the last line of all that could contradict it, but what was kept elsewhere does.
      const problem = await problemNow(isLast && head !== undefined ? [head] : []);
      const next = scene.files[scene.files.indexOf(name) + 1];
      // What it says that it continues, and what is said to continue it, could be what was edited as well.
      const beside = [`${name} ${line - 1} edited`, `${next} 1 foreign_file`];
      expect([
        `${name} ${line} edited`,
        ...(line === lines.length ? beside : beside.slice(0, 1)),
      ]).toContain(`${problem?.file} ${problem?.line} ${problem?.why}`);
    },
  );

  it.each(SEEDS)('37 names the line that was deleted (seed %i)', async (seed) => {
    const { name, lines, line, isLast } = somewhere(new SeededRandom(seed).next);
    const isLastOfFile = line === lines.length;
    lines.splice(line - 1, 1);
    rewrite(name, lines);
    if (isLast) expect(await problemNow()).toBeUndefined();
    expect(await problemNow(head === undefined ? [] : [head])).toMatchObject(
      isLastOfFile
        ? { file: name, line, why: 'truncated' }
        : { file: name, line, why: line === 1 ? 'edited' : 'deleted' },
    );
  });

  it.each(SEEDS)('37 names where two lines were swapped (seed %i)', async (seed) => {
    const random = new SeededRandom(seed).next;
    const { name, lines, line } = somewhere(random);
    const other = 1 + Math.floor(random() * lines.length);
    const [one = '', two = ''] = [lines[line - 1], lines[other - 1]];
    lines[line - 1] = two;
    lines[other - 1] = one;
    rewrite(name, lines);
    const first = Math.min(line, other);
    if (line === other) expect(await problemNow()).toBeUndefined();
    else
      expect(await problemNow()).toMatchObject({
        file: name,
        line: first,
        why: first === 1 ? 'edited' : 'swapped',
      });
  });

  it.each(SEEDS)('37 names where a file was cut off, at any byte (seed %i)', async (seed) => {
    const random = new SeededRandom(seed).next;
    const { name } = somewhere(random);
    const bytes = readFileSync(scene.path(name));
    const kept = Math.floor(random() * (bytes.length - 1));
    writeFileSync(scene.path(name), bytes.subarray(0, kept));
    const whole = bytes.subarray(0, kept).filter((byte) => byte === 0x0a).length;
    const found = await problemNow(head === undefined ? [] : [head]);
    // Of a file of which no line is left, only the one before it can be named.
    const isEmpty = kept === 0;
    if (isEmpty) expect(found?.why).toMatch(/truncated|missing_file/);
    else expect(found).toMatchObject({ file: name, line: whole + 1, why: 'truncated' });
  });

  it('37 names a line that was written twice', async () => {
    const [name = ''] = scene.files;
    const lines = scene.linesOf(name);
    lines.splice(2, 0, lines[0] ?? '');
    rewrite(name, lines);
    expect(await problemNow()).toMatchObject({ file: name, line: 3, why: 'inserted' });
  });

  it('37 names a file that is missing: at the beginning, between, and, with a head, at the end', async () => {
    const [first = '', second = '', third = ''] = scene.files;
    const last = scene.files.at(-1) ?? '';
    const away = join(scene.root, 'away');
    renameSync(scene.path(second), away);
    expect(await problemNow()).toMatchObject({ file: third, line: 1, why: 'missing_file' });
    renameSync(away, scene.path(second));
    renameSync(scene.path(first), away);
    expect(await problemNow()).toMatchObject({ file: second, line: 1, why: 'missing_file' });
    renameSync(away, scene.path(first));
    renameSync(scene.path(last), away);
    expect(await problemNow()).toBeUndefined();
    expect(await problemNow(head === undefined ? [] : [head])).toMatchObject({
      why: 'missing_file',
    });
  });

  it('37 names a file that has another number than its first line, or whose first line continues nothing', async () => {
    const [, second = ''] = scene.files;
    const other = second.replace(/\d+\.jsonl$/, (number) =>
      number.replace(/\d{12}/, '000000000005'),
    );
    renameSync(scene.path(second), scene.path(other));
    expect(await problemNow()).toMatchObject({ file: other, line: 1, why: 'edited' });
    renameSync(scene.path(other), scene.path(second));
    const lines = scene.linesOf(second);
    rewrite(second, lines.with(0, (lines[0] ?? '').replace(/,"prev":"[^"]*"/, '')));
    expect(await problemNow()).toMatchObject({
      ...{ file: second, line: 1, why: 'edited' },
      text: 'does not say which line it continues',
    });
  });

  it('37 names a file of another audit, and one that is of none', async () => {
    const other = new AuditScene();
    await other.write(LINES, { fileBytesMax: 2_500, gateway: 'gw2' });
    const name = scene.files[1] ?? '';
    const foreign = other.files[1] ?? '';
    expect(foreign).toBe(name);
    copyFileSync(other.path(foreign), scene.path(name));
    expect(await problemNow()).toMatchObject({ file: name, why: 'foreign_file' });
    const same = new AuditScene();
    await same.write(LINES, { fileBytesMax: 2_500 });
    const audit = await same.open({ fileBytesMax: 2_500 });
    await audit.close();
    other.end();
    copyFileSync(same.path(name), scene.path(name));
    expect(await problemNow()).toBeUndefined();
    same.end();
    writeFileSync(scene.path('notes.txt'), 'x');
    expect(await problemNow()).toMatchObject({ file: 'notes.txt', why: 'foreign_file' });
  });

  it('37 tells a chain that was written anew as a whole from the one whose head was kept', async () => {
    const forged = new AuditScene();
    const audit = await forged.open();
    for (let i = 0; i < LINES * 2; i++) await audit.record(commitOf(i, { who: { kind: 'local' } }));
    await audit.close();
    expect(await verifyFiles(forged.directory)).not.toHaveProperty('problem');
    const { problem } = await verifyFiles(forged.directory, head === undefined ? [] : [head]);
    expect(problem).toMatchObject({ line: head?.seq, why: 'edited' });
    forged.end();
  });

  it('37 keeps memory flat on a file that is one endless line', async () => {
    const name = scene.files.at(-1) ?? '';
    appendFileSync(scene.path(name), 'x'.repeat(8 * 1024 * 1024));
    expect(await problemNow()).toMatchObject({ file: name, why: 'truncated' });
  });
});

describe('a line', () => {
  it('37 is one line, whatever is in a name, a note or a path', async () => {
    const evil =
      'a\n{"seq":1,"prev":"begin"}\r\u0000\u001b[2J\u007f\u0085\u2028\u2029\u202e"\\\ud800';
    const directory = mkdtempSync(join(tmpdir(), 'confer-audit-'));
    const own = new AuditScene(join(directory, 'audit'));
    const audit = await own.open();
    const who = { ...ALICE, principal: evil, client: { name: evil, version: evil }, session: evil };
    await audit.record(commitOf(1, { who, note: evil, reason: evil, paths: [evil] }));
    await audit.record(commitOf(2));
    await audit.close();
    const [name = ''] = own.files;
    const text = readFileSync(own.path(name), 'utf8');
    expect(text.split('\n')).toHaveLength(3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(own.events[0]).toMatchObject({ principal: evil, note: evil, paths: [evil] });
    expect(await verifyFiles(own.directory)).not.toHaveProperty('problem');
    own.end();
    rmSync(directory, { recursive: true });
  });

  it('20 has no token, wherever somebody put it', async () => {
    const secret = 's3cr3t'.repeat(8);
    const token = `cfr_k3v9q0x1b7ma_${secret}c`;
    const signed = `eyJhbGciOiJFZERTQSJ9.${secret}.${secret}`;
    const audit = await scene.open();
    const paths = [`/${token}`, `/a/${signed}`];
    await audit.record(
      commitOf(1, { note: `with ${token}`, requestId: token.slice(0, 64), paths }),
    );
    await audit.close();
    const last = scene.linesOf(scene.files.at(-1) ?? '').at(-1) ?? '';
    expect(last).not.toContain('s3cr3t');
    expect(last).toContain('"note":"with cfr_k3v9q0x1b7ma_(hidden)"');
    expect(last).toContain('["/cfr_k3v9q0x1b7ma_(hidden)","/a/eyJ(hidden)"]');
    expect(await problemNow()).toBeUndefined();
  });

  it('37 has an end, however long the texts are that it is given', async () => {
    const long = '\u0001'.repeat(1_000_000);
    const audit = await scene.open();
    await audit.record(commitOf(1, { note: long, paths: Array(1_000).fill(long) }));
    await audit.close();
    const last = scene.linesOf(scene.files.at(-1) ?? '').at(-1) ?? '';
    expect(last.length).toBeLessThan(512 * 1024);
    expect(await problemNow()).toBeUndefined();
  });
});
