import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditScene, commitOf } from '../test-support/audit-scene.ts';
import { verifyFiles } from './verify.ts';

const TOGETHER = 8;

let scene: AuditScene;
beforeEach(() => {
  scene = new AuditScene();
});
afterEach(() => scene.end());

/** Lines that one turn records are written together; before them is one line, and one after them. */
async function writeTogether(): Promise<string[]> {
  const audit = await scene.open();
  await audit.record(commitOf(1));
  await Promise.all(Array.from({ length: TOGETHER }, (_, i) => audit.record(commitOf(2 + i))));
  await audit.record(commitOf(2 + TOGETHER));
  await audit.close();
  return scene.linesOf(scene.files[0] ?? '');
}

const rewrite = (lines: readonly string[]) =>
  writeFileSync(scene.path(scene.files[0] ?? ''), lines.map((line) => `${line}\n`).join(''));
const verified = () => verifyFiles(scene.directory);
const isLink = (line: string) => 'prev' in JSON.parse(line);

describe('lines that are written together', () => {
  it('37 have one sum, which the last of them carries, so that this one alone has none to vouch for it', async () => {
    const lines = await writeTogether();
    expect(lines.map(isLink)).toEqual([
      ...[true, true, false, false, false, false, false, false, true, true],
    ]);
    expect(await verified()).toMatchObject({ lines: TOGETHER + 2, head: { seq: TOGETHER + 2 } });
    expect(await verified()).not.toHaveProperty('problem');
  });

  it('37 name all that one sum is of where one was edited', async () => {
    const lines = await writeTogether();
    lines[4] = (lines[4] ?? '').replace('alice', 'mallory');
    rewrite(lines);
    expect((await verified()).problem).toMatchObject({
      ...{ line: 2, why: 'edited' },
      text: 'or one of those up to line 8 is not what line 9 continues',
    });
  });

  it.each([
    ['deleted', 5, (lines: string[]) => lines.splice(4, 1)],
    ['swapped', 5, (lines: string[]) => lines.splice(4, 2, lines[5] ?? '', lines[4] ?? '')],
    ['inserted', 5, (lines: string[]) => lines.splice(4, 0, lines[2] ?? '')],
    ['edited', 5, (lines: string[]) => lines.splice(4, 1, lines[4]?.replace(':5', ':77') ?? '')],
    ['edited', 5, (lines: string[]) => lines.splice(4, 1, lines[4]?.replace(':5', ':1') ?? '')],
    ['edited', 5, (lines: string[]) => lines.splice(4, 1, 'no line')],
  ])('37 name the line that was %s by its number', async (why, line, attack) => {
    const lines = await writeTogether();
    attack(lines);
    rewrite(lines);
    expect((await verified()).problem).toMatchObject({ line, why });
  });

  it.each([
    ['taken from a link', 8],
    ['given to a line that is none', 4],
  ])('37 do not fit where a sum was %s', async (_, at) => {
    const lines = await writeTogether();
    const line = lines[at] ?? '';
    lines[at] = isLink(line)
      ? line.replace(/,"prev":"[^"]*"/, '')
      : line.replace(/}$/, `,"prev":"${'0'.repeat(64)}"}`);
    rewrite(lines);
    expect((await verified()).problem).toMatchObject({ why: 'edited' });
  });

  it('go on after a crash that left only some of them, at the end of a line or within one', async () => {
    for (const cut of [0, 20]) {
      const lines = await writeTogether();
      const kept = lines.slice(0, -4).map((line) => `${line}\n`);
      writeFileSync(scene.path(scene.files[0] ?? ''), kept.join('').slice(0, -cut || undefined));
      const before = kept.length - (cut > 0 ? 1 : 0);
      const audit = await scene.open();
      await audit.record(commitOf(99));
      await audit.close();
      const after = await verified();
      expect(after).not.toHaveProperty('problem');
      expect(after.lines).toBe(before + (cut > 0 ? 2 : 1));
      scene.end();
      scene = new AuditScene();
    }
  });

  it('37 fit a head that was told after them, and contradict one that they are not', async () => {
    await writeTogether();
    const head = scene.heads.at(-1);
    if (head === undefined) throw new Error('no head was told');
    expect(await verifyFiles(scene.directory, [head])).not.toHaveProperty('problem');
    const other = { ...head, seq: head.seq - 1 };
    expect((await verifyFiles(scene.directory, [other])).problem).toMatchObject({ why: 'edited' });
  });
});
