import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { ALICE, AuditScene, commitOf } from '../test-support/audit-scene.ts';
import { NO_AUDIT } from './audit.ts';
import type { AuditEvent } from './events.ts';
import { verifyFiles } from './verify.ts';

let scene: AuditScene;
beforeEach(() => {
  scene = new AuditScene();
});
afterEach(() => scene.end());

const DAY_MS = 86_400_000;

describe('an audit', () => {
  it('writes who did what, from where, and which rule decided, one line an event', async () => {
    const audit = await scene.open();
    const about = { note: 'more', requestId: 'r1', durationMs: 3 };
    await audit.record(commitOf(7, { ...about, who: { ...ALICE, proxied: '10.9.9.9' } }));
    await audit.close();
    const [line] = scene.events;
    expect(line).toEqual({
      seq: 1,
      time: new Date(scene.clock.now()).toISOString(),
      gateway: 'gw1',
      event: 'commit',
      outcome: 'done',
      reason: 'writer: allow write on /app',
      principal: 'alice',
      tokenId: 'tok1',
      kind: 'token',
      client: { name: 'orders', version: '1.2' },
      address: '10.0.0.1',
      proxied: '10.9.9.9',
      session: 's1',
      transport: 'ws',
      requestId: 'r1',
      revision: 7,
      paths: ['/app/7'],
      pathCount: 1,
      note: 'more',
      durationMs: 3,
      prev: 'begin',
    });
  });

  it('is for its owner alone to read', async () => {
    await scene.write(1);
    expect(statSync(scene.directory).mode & 0o777).toBe(0o700);
    for (const name of scene.files) expect(statSync(scene.path(name)).mode & 0o777).toBe(0o600);
  });

  it('names twenty paths at most, and how many there were', async () => {
    const paths = Array.from({ length: 50 }, (_, i) => `/p/${i}`);
    const audit = await scene.open();
    await audit.record(commitOf(1, { paths }));
    await audit.record(commitOf(2, { paths: paths.slice(0, 3), pathCount: 100_000 }));
    await audit.close();
    const [many, more] = scene.events;
    expect(many).toMatchObject({ paths: paths.slice(0, 20), pathCount: 50 });
    expect(more).toMatchObject({ paths: paths.slice(0, 3), pathCount: 100_000 });
  });

  it('resolves what is required once it is in the file', async () => {
    const audit = await scene.open();
    await audit.record(commitOf(1));
    const [name = ''] = scene.files;
    expect(readFileSync(scene.path(name), 'utf8')).toContain('"revision":1');
    await audit.close();
  });

  it('writes what came in one turn at once, in the order in which it came', async () => {
    let writes = 0;
    const { openAuditFile } = await import('./audit-file.ts');
    const audit = await scene.open({
      openFile: async (path, make) => {
        const file = await openAuditFile(path, make);
        const write = file.write.bind(file);
        file.write = (bytes, position) => {
          writes++;
          return write(bytes, position);
        };
        return file;
      },
    });
    await Promise.all(Array.from({ length: 500 }, (_, i) => audit.record(commitOf(i))));
    await audit.close();
    expect(writes).toBe(1);
    expect(scene.events.map(({ revision }) => revision)).toEqual([...Array(500).keys()]);
  });

  it('goes on in the same file, and in the same chain, after a restart', async () => {
    await scene.write(3);
    await scene.write(3);
    expect(scene.files).toHaveLength(1);
    expect(await verifyFiles(scene.directory)).toMatchObject({
      files: 1,
      lines: 6,
      head: { seq: 6 },
    });
  });

  it('counts failed logins by address and minute, and writes those of the last minute when it is closed', async () => {
    const audit = await scene.open();
    const failed = (address: string, reason: string): AuditEvent => ({
      event: 'loginFailed',
      outcome: 'denied',
      reason,
      who: { kind: 'unknown', address },
    });
    for (let i = 0; i < 100; i++) void audit.record(failed('10.6.6.6', 'wrong secret'));
    void audit.record(failed('10.6.6.6', 'expired'));
    void audit.record(failed('10.7.7.7', 'wrong secret'));
    scene.clock.advanceAtOnce(60_000);
    void audit.record(failed('10.6.6.6', 'wrong secret'));
    await audit.close();
    expect(scene.events.map(({ address, count, reason }) => [address, count, reason])).toEqual([
      ['10.6.6.6', 101, 'wrong secret ×100, expired ×1'],
      ['10.7.7.7', 1, 'wrong secret ×1'],
      ['10.6.6.6', 1, 'wrong secret ×1'],
    ]);
  });

  it('hands on its head every thousand lines, every hour, and at the end, once it is on the disk', async () => {
    const audit = await scene.open({ mode: 'best-effort' });
    for (let i = 0; i < 1_000; i++) audit.record(commitOf(i));
    scene.clock.advanceAtOnce(10);
    await expect.poll(() => scene.heads.map(({ seq }) => seq)).toEqual([1_000]);
    audit.record(commitOf(1_000));
    scene.clock.advanceAtOnce(10);
    await expect.poll(() => scene.events.length).toBe(1_001);
    scene.clock.advanceAtOnce(3_600_000);
    await expect.poll(() => scene.heads.map(({ seq }) => seq)).toEqual([1_000, 1_001]);
    audit.record(commitOf(1_001));
    await audit.close();
    expect(scene.heads.map(({ seq }) => seq)).toEqual([1_000, 1_001, 1_002]);
    expect(await verifyFiles(scene.directory, scene.heads)).not.toHaveProperty('problem');
  });

  it('begins a new file when one is full or a day old, as one chain', async () => {
    await scene.write(10, { fileBytesMax: 1_000 });
    expect(scene.files.length).toBeGreaterThan(2);
    const full = scene.files.length;
    await scene.write(1);
    scene.clock.advanceAtOnce(DAY_MS);
    await scene.write(1);
    expect(scene.files).toHaveLength(full + 1);
    expect(await verifyFiles(scene.directory)).not.toHaveProperty('problem');
  });

  it('removes files that are old enough, and says so, and what is missing otherwise is noticed', async () => {
    await scene.write(2);
    for (let i = 0; i < 4; i++) {
      scene.clock.advanceAtOnce(DAY_MS);
      await scene.write(1, { keepMs: 2.5 * DAY_MS });
    }
    const removed = scene.events.filter(({ event }) => event === 'removed');
    expect(removed.length).toBeGreaterThan(0);
    expect(scene.events[0]).not.toMatchObject({ seq: 1 });
    expect(await verifyFiles(scene.directory)).not.toHaveProperty('problem');
    rmSync(scene.path(scene.files[0] ?? ''));
    expect(await verifyFiles(scene.directory)).toMatchObject({ problem: { why: 'missing_file' } });
  });

  it('cuts off a last line that is not whole, or zeros, and says so', async () => {
    await scene.write(3);
    const [name = ''] = scene.files;
    const whole = readFileSync(scene.path(name));
    truncateSync(scene.path(name), whole.length - 10);
    await scene.write(1);
    expect(scene.events.map(({ event }) => event)).toEqual(['commit', 'commit', 'cut', 'commit']);
    writeFileSync(
      scene.path(name),
      Buffer.concat([whole, Buffer.alloc(4_096), Buffer.from('x\n')]),
    );
    await scene.write(1);
    expect(scene.events.map(({ event, bytes }) => bytes ?? event)).toEqual([
      'commit',
      'commit',
      'commit',
      4_098,
      'commit',
    ]);
    expect(await verifyFiles(scene.directory)).not.toHaveProperty('problem');
  });

  it('does not begin on a chain that is broken, and says where and what to do', async () => {
    await scene.write(5);
    const [name = ''] = scene.files;
    const lines = scene.linesOf(name);
    lines[2] = lines[2]?.replace('alice', 'mallory') ?? '';
    writeFileSync(scene.path(name), `${lines.join('\n')}\n`);
    for (const mode of ['required', 'best-effort'] as const)
      await expect(scene.open({ mode })).rejects.toThrow(
        expect.objectContaining({
          name: 'StartError',
          message: expect.stringMatching(
            new RegExp(`${name}, line 3 .*confer audit verify .*move the directory away`),
          ),
        }),
      );
  });

  it('does not begin on a chain that is broken in the file before the last one either', async () => {
    await scene.write(10, { fileBytesMax: 2_500 });
    const name = scene.files.at(-2) ?? '';
    const text = readFileSync(scene.path(name), 'utf8');
    writeFileSync(scene.path(name), text.replace('alice', 'mallory'));
    await expect(scene.open()).rejects.toThrow(`${name}, line 1 is not what the line after it`);
  });

  it('S1 goes on from whatever a crash leaves of the last file: what is whole is kept, the rest is cut off', async () => {
    const random = new SeededRandom(37).next;
    await scene.write(6, { fileBytesMax: 1_000 });
    for (let round = 0; round < 40; round++) {
      const name = scene.files.at(-1) ?? '';
      const bytes = readFileSync(scene.path(name));
      const kept = Math.floor(random() * (bytes.length + 1));
      writeFileSync(scene.path(name), bytes.subarray(0, kept));
      const whole = scene.events.length;
      await scene.write(1 + Math.floor(random() * 3), { fileBytesMax: 1_000 });
      expect(await verifyFiles(scene.directory)).not.toHaveProperty('problem');
      expect(scene.events.length).toBeGreaterThan(whole);
    }
  });

  it('that died while it removed old files leaves nothing that looks like an attack', async () => {
    await scene.write(12, { fileBytesMax: 1_000 });
    scene.clock.advanceAtOnce(3 * DAY_MS);
    const before = new Map(scene.files.map((name) => [name, readFileSync(scene.path(name))]));
    await scene.write(1, { keepMs: DAY_MS });
    const removed = [...before.keys()].filter((name) => !scene.files.includes(name));
    expect(removed.length).toBeGreaterThan(2);
    // The oldest go first, so what is left of them are the last.
    for (const name of removed.slice(-2)) {
      writeFileSync(scene.path(name), before.get(name) ?? '');
      if (name === removed.at(-1))
        expect(await verifyFiles(scene.directory)).not.toHaveProperty('problem');
    }
    rmSync(scene.path(removed.at(-1) ?? ''));
    expect((await verifyFiles(scene.directory)).problem).toMatchObject({ why: 'missing_file' });
  });

  it('does not begin where another process writes', async () => {
    await expect(scene.open({ lock: () => false })).rejects.toThrow(
      /another server writes the audit/,
    );
    const locked: number[] = [];
    const audit = await scene.open({ lock: (descriptor) => locked.push(descriptor) > 0 });
    expect(locked).toHaveLength(1);
    await audit.close();
  });

  it('that is off records nothing and costs nothing', async () => {
    expect(NO_AUDIT.record(commitOf(1))).toBeUndefined();
    expect(NO_AUDIT.lost).toBe(0);
    await NO_AUDIT.close();
    expect(existsSync(scene.directory)).toBe(false);
  });
});
