import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Child } from '../engine/contract/child.contract.ts';
import { readAudit, verifyAudit } from '../keeping.ts';
import { AuditScene } from '../test-support/audit-scene.ts';
import { verifyFiles } from './verify.ts';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));
const KILLS = 4;

it.each([
  ['required', 400, 37],
  ['best-effort', 2, 1],
] as const)(
  'S1 37 an audit that is %s goes on as one chain after each kill -9, with all that was promised',
  async (mode, lines, more) => {
    const scene = new AuditScene();
    const promised: string[] = [];
    const heads: { file: string; seq: number; hash: string }[] = [];
    for (let i = 0; i < KILLS; i++) {
      const child = new Child(mode, scene.directory, CHILD);
      await child.said(lines + more * i);
      await child.kill();
      expect(child.lines[0]).toBe('open');
      for (const line of child.lines.slice(1)) {
        const [word = '', seq, hash = ''] = line.split(' ');
        if (word === 'head') heads.push({ file: '', seq: Number(seq), hash });
        else promised.push(line);
      }
    }
    // What the last one left half is cut off by whoever comes next.
    await scene.write(1);
    expect(await verifyFiles(scene.directory, heads)).not.toHaveProperty('problem');
    const recorded = new Set(scene.events.map(({ requestId }) => requestId));
    expect(promised.filter((id) => !recorded.has(id))).toEqual([]);
    expect(mode === 'required' ? promised.length : heads.length).toBeGreaterThan(KILLS * 2);
    expect(scene.files.length).toBeGreaterThan(2);
    scene.end();
  },
);

it('an audit is whole for whoever looks while it is written', async () => {
  const scene = new AuditScene();
  const child = new Child('best-effort', scene.directory, CHILD);
  for (let round = 1; round <= 3; round++) {
    await child.said(1 + round);
    expect(await verifyAudit(scene.directory)).not.toHaveProperty('problem');
    let seq = 0;
    for await (const record of readAudit(scene.directory, {})) expect(record.seq).toBe(++seq);
    expect(seq).toBeGreaterThanOrEqual(1_000 * round);
  }
  await child.kill();
  scene.end();
});
