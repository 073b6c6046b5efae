import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { confer, type Surroundings, startGuardedServer, startServer } from '../scene.contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'confer-past-'));
let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());
afterAll(() => rmSync(directory, { recursive: true }));

async function run(line: string, around: Surroundings = {}) {
  const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  const ran = await confer(args, { now: Date.now(), ...around, env: { CONFER_URL: server.url } });
  return { ...ran, out: ran.out.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME') };
}

/** Runs several, each of which has to go well. */
async function ran(...lines: readonly string[]) {
  for (const line of lines) expect(await run(line), line).toMatchObject({ exitCode: 0 });
}

/** /shop as of revision 3, and removed with the fourth. */
async function removedShop() {
  await ran(
    ...['set /shop/port 8080', 'set /shop/host a', 'set /shop/port 9090 --note "more room"'],
    'rm -r /shop -y --note oops',
  );
}

describe('log', () => {
  it('shows who changed what, when and why, the newest first', async () => {
    await removedShop();
    expect((await run('log /shop')).out).toBe(
      [
        ...['4  TIME  [tester: oops]', '  - /shop/host', '  - /shop/port'],
        ...['3  TIME  [tester: more room]', '  ~ /shop/port'],
        ...['2  TIME  [tester]', '  + /shop/host', '1  TIME  [tester]', '  + /shop/port', ''],
      ].join('\n'),
    );
    const { out } = await run('log /shop/port --values -n 2');
    expect(out).toContain('  - /shop/port = 9090\n');
    expect(out).toContain('  ~ /shop/port = 8080 -> 9090\n');
  });

  it('says what it leaves out: older commits, and what is not kept', async () => {
    await removedShop();
    expect(await run('log -n 1')).toMatchObject({
      exitCode: 0,
      err: expect.stringContaining('there are older ones; go on with --at 3'),
    });
    expect((await run('log --at 2')).out).toMatch(/^2 .*\n.*\n1 /);
    await ran('compact 2');
    expect(await run('log')).toMatchObject({
      err: 'history begins after revision 2; what was before is not kept\n',
    });
    expect(await run('log --at 1')).toMatchObject({ exitCode: 3 });
  });

  it('goes back to a revision or a time', async () => {
    await removedShop();
    for (const [since, count] of [
      ['3', 1],
      ['0', 4],
      ['1h', 4],
    ] as const)
      expect((await run(`log --since ${since} -o ndjson`)).out.trim().split('\n')).toHaveLength(
        count,
      );
    const later = { now: Date.now() + 7_200_000 };
    expect(await run('log --since 1h', later)).toMatchObject({ exitCode: 3, out: '' });
    for (const line of ['log --since yesterday', 'log -n 0', 'log -n x', 'log --at 1x'])
      expect(await run(line), line).toMatchObject({ exitCode: 2, out: '' });
  });

  it('shows the first changes of a large commit, and how many there are beside', async () => {
    const put = (i: number) => `${i}: "x"\n`;
    const file = join(directory, 'many.yaml');
    writeFileSync(file, Array.from({ length: 500 }, (_, i) => put(i)).join(''));
    await ran(`import ${file} --at /many`);
    expect((await run('log')).out).toMatch(
      /(?: {2}\+ \/many\/\d+\n){10} {2}and 490 more changes\n$/,
    );
    expect(JSON.parse((await run('log -o ndjson')).out).changes).toHaveLength(500);
  });
});

describe('what a path was', () => {
  it('is shown by history, version by version', async () => {
    await removedShop();
    expect((await run('history /shop/port')).out).toBe(
      [
        ...[
          '4  TIME  delete  removed  [tester: oops]',
          '3  TIME  put     9090  [tester: more room]',
        ],
        ...['1  TIME  put     8080  [tester]', ''],
      ].join('\n'),
    );
    expect(JSON.parse((await run('history /shop/port -o json -n 1')).out)).toMatchObject([
      { type: 'delete', revision: 4, cause: 'removed' },
    ]);
    const none = await run('history /shop');
    expect(none).toMatchObject({ exitCode: 3, err: expect.stringContaining('confer log /shop') });
  });

  it('is read by get, ls, find and export with --at', async () => {
    await removedShop();
    expect((await run('get /shop/port --at 1')).out).toBe('8080\n');
    expect((await run('get /shop/port --at 3')).out).toBe('9090\n');
    const gone = await run('get /shop/port --at 4');
    expect(gone).toMatchObject({ exitCode: 3, err: expect.stringContaining('confer history') });
    expect((await run('ls /shop --at 2')).out).toBe('/shop/host\n/shop/port\n');
    expect((await run('find port --at 3')).out).toBe('/shop/port\n');
    expect((await run('export /shop --at 1')).out).toBe('port: 8080\n');
    const later = { now: Date.now() + 3_600_000 };
    expect((await run('export /shop --at 2h', later)).exitCode).toBe(3);
    expect((await run('get /shop/port --at 30m', later)).exitCode).toBe(3);
    expect((await run('get /shop/port --at 99')).exitCode).toBe(7);
    await ran('compact 3');
    expect((await run('get /shop/port --at 1')).exitCode).toBe(3);
    const unknown = await run('export /shop --at 2020-01-01');
    expect(unknown).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('error[compacted]'),
    });
  });
});

async function laterThan(time: number): Promise<number> {
  while (Date.now() <= time) await new Promise(setImmediate);
  return Date.now();
}

describe('what was a while ago', () => {
  it('is known of what nobody has written to for longer than history goes back', async () => {
    await ran('set /shop/port 8080', 'set /shop/host a', 'set /other 1', 'compact 2');
    const then = await laterThan(Date.now());
    const at = { now: then + 1 };
    expect((await run('ls /shop --at 1ms', at)).out).toBe('/shop/host\n/shop/port\n');
    expect((await run('find port --at 1ms', at)).exitCode).toBe(0);
    await laterThan(then);
    await ran('rm -r /shop -y --note "wrong terminal"');
    const reverted = await run('revert /shop --to 1ms -y', at);
    expect(reverted).toMatchObject({ exitCode: 0 });
    expect((await run('get /shop/port')).out).toBe('8080\n');
    const before = await run('ls /shop --at 1h');
    expect(before).toMatchObject({ exitCode: 3, err: expect.stringContaining('error[compacted]') });
  });
});

describe('diff', () => {
  it('shows what differs between two revisions, and exits with 1', async () => {
    await removedShop();
    expect(await run('diff /shop --from 1 --to 3')).toMatchObject({
      ...{ exitCode: 1, err: '', out: '+ /shop/host = a\n~ /shop/port = 8080 -> 9090\n' },
    });
    expect((await run('diff /shop --from 3')).out).toBe('- /shop/host = a\n- /shop/port = 9090\n');
    expect(await run('diff /shop --from 4')).toMatchObject({
      exitCode: 0,
      err: 'nothing differs\n',
    });
    expect(JSON.parse((await run('diff /shop --from 1 --to 3 -o json')).out)).toEqual([
      { kind: 'add', path: '/shop/host', value: 'a' },
      { kind: 'change', path: '/shop/port', before: '8080', value: '9090' },
    ]);
  });

  it('shows what differs from a file, as apply --prune would change it', async () => {
    await removedShop();
    const file = join(directory, 'shop.yaml');
    writeFileSync(file, 'port: 9090\nname: new\n');
    const { exitCode, out } = await run(`diff /shop ${file} --to 3`);
    expect({ exitCode, out }).toEqual({
      ...{ exitCode: 1, out: '- /shop/host = a\n+ /shop/name = new\n' },
    });
  });

  it('wants something to compare with', async () => {
    for (const line of ['diff /shop', 'diff /shop x.yaml --from 1', 'diff /shop --from x'])
      expect(await run(line), line).toMatchObject({ exitCode: 2, out: '' });
  });
});

describe('revert', () => {
  it('takes back an rm -r by one command', async () => {
    await removedShop();
    expect(await run('revert --commit 4 -y')).toMatchObject({
      exitCode: 0,
      out:
        '+ /shop/host = a\n+ /shop/port = 9090\n' +
        'revert of revision 4: oops: added 2, changed 0, removed 0 at revision 5\n',
    });
    expect((await run('diff /shop --from 3')).exitCode).toBe(0);
    expect((await run('log -n 1')).out).toContain('[tester: revert of revision 4: oops]');
    expect((await run('revert --commit 4 -y')).out).toMatch(/^nothing to revert/);
  });

  it('is offered to a person who has just removed a subtree', async () => {
    await ran('set /shop/port 1');
    const removed = await run('rm -r /shop', { answer: 'y' });
    expect(removed.err).toMatch(/to take it back: confer revert --commit 2\n$/);
  });

  it('asks, and takes no for an answer', async () => {
    await removedShop();
    expect(await run('revert --commit 4')).toMatchObject({ exitCode: 2 });
    const asked = await run('revert --commit 4', { answer: 'n' });
    expect(asked).toMatchObject({ exitCode: 1, err: expect.stringContaining('add 2, change 0') });
    expect((await run('ls /shop')).exitCode).toBe(3);
    expect((await run('revert --commit 4', { answer: 'y' })).exitCode).toBe(0);
    expect(await run('revert --commit 1 --dry-run')).toMatchObject({ exitCode: 1 });
  });

  it('names later changes that it would overwrite, and wants --force for it: exit 4', async () => {
    await removedShop();
    await ran('set /shop/port 1');
    const refused = await run('revert --commit 4 -y');
    expect(refused.exitCode).toBe(4);
    expect(refused.err).toContain('/shop/port was changed again at revision 5 by tester');
    expect((await run('ls -R /shop')).out).toBe('/shop/port\n');
    const forced = await run('revert --commit 4 -y --force');
    expect(forced).toMatchObject({
      exitCode: 0,
      err: expect.stringContaining('overwrites: /shop/port'),
    });
    expect((await run('get /shop/port')).out).toBe('9090\n');
  });

  it('brings a subtree back to a revision or a time', async () => {
    await removedShop();
    await ran('set /shop/new 1');
    expect(await run('revert /shop --to 2 -y --note calm')).toMatchObject({
      ...{ exitCode: 0, err: 'takes back 3 commits since revision 2, by tester\n' },
    });
    expect((await run('export /shop')).out).toBe('host: a\nport: 8080\n');
    expect((await run('log -n 1')).out).toContain('[tester: revert of /shop to revision 2: calm]');
  });

  it.each([
    ['revert', 2],
    ['revert --to 1 -y', 2],
    ['revert --commit 1 --to 1', 2],
    ['revert --commit x -y', 2],
    ['revert --commit 99 -y', 7],
    ['revert /elsewhere --commit 1 -y', 3],
    ['revert shop --commit 1 -y', 7],
  ])('%s is refused', async (line, exitCode) => {
    await ran('set /shop/port 1');
    expect(await run(line)).toMatchObject({ exitCode, out: '' });
  });
});

describe('cp and mv', () => {
  it('copy and move an entry or a subtree as one commit', async () => {
    await ran('set /a/x 1', 'set /a/y 2', 'set /ab 3', 'cp -r /a /b', 'mv -r /a /c/d', 'cp /ab /e');
    expect(
      (await run('find "**" -o ndjson')).out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { path: '/ab', value: '3' },
      { path: '/b/x', value: '1', modRevision: 4 },
      { path: '/b/y', value: '2', modRevision: 4 },
      { path: '/c/d/x', value: '1', modRevision: 5 },
      { path: '/c/d/y', value: '2', modRevision: 5 },
      { path: '/e', value: '3' },
    ]);
  });

  it('overwrite nothing without --force', async () => {
    await ran('set /a/x 1', 'set /b/x 2', 'set /b/y 3');
    for (const verb of ['cp', 'mv'])
      for (const what of ['/a/x /b/x', '-r /a /b'])
        expect(await run(`${verb} ${what}`)).toMatchObject({
          ...{ exitCode: 4, out: '', err: expect.stringContaining('/b/x is there already') },
        });
    expect((await run('get /b/x')).out).toBe('2\n');
    await ran('mv -r /a /b --force');
    expect((await run('export /b')).out).toBe('x: 1\n"y": 3\n');
  });

  it('move a subtree over itself, up', async () => {
    await ran('set /a/b/x 1', 'set /a/b/b/x 2', 'mv -r /a/b /a');
    expect((await run('export /a')).out).toBe('b:\n  x: 2\nx: 1\n');
  });

  it.each([
    ['cp -r /a /a/b', 2],
    ['mv -r /a /a/b/c', 2],
    ['cp /a/x /a/x', 2],
    ['mv -r / /b', 2],
    ['cp /a /b', 3],
    ['mv -r /none /b', 3],
    ['cp /a/x /.confer/x', 5],
    [`mv /a/x /${'y'.repeat(256)}`, 7],
  ])('%s is refused, and nothing is written', async (line, exitCode) => {
    await ran('set /a/x 1');
    expect(await run(line)).toMatchObject({ exitCode, out: '' });
    expect(JSON.parse((await run('status -o json')).out)).toMatchObject({ revision: 1 });
  });
});

describe('find', () => {
  it('goes by path and by value', async () => {
    await ran(
      'set /shop/port 80',
      'set /shop/db/port 5432',
      'set /mail/port 25',
      'set /shop/a/b/c x',
    );
    const found = async (line: string) => (await run(line)).out.trim().split('\n');
    expect(await found('find port')).toEqual(['/mail/port', '/shop/db/port', '/shop/port']);
    expect(await found('find port /shop')).toEqual(['/shop/db/port', '/shop/port']);
    expect(await found('find /shop/*')).toEqual(['/shop/port']);
    expect(await found('find /shop/**/port')).toEqual(['/shop/db/port', '/shop/port']);
    expect(await found('find /*/p?rt --value ^\\d{2}$')).toEqual(['/mail/port', '/shop/port']);
    expect(await run('find nothing')).toMatchObject({ exitCode: 3, out: '' });
    expect(await run('find port --value (')).toMatchObject({ exitCode: 2, out: '' });
  });
});

describe('who may read a part', () => {
  let scene: Awaited<ReturnType<typeof startGuardedServer>>;
  beforeAll(async () => {
    scene = await startGuardedServer();
  });
  afterAll(() => scene.close());

  it('sees the past of that part, and is refused the rest: exit 5', async () => {
    const token = join(scene.directory, 'part.token');
    await scene.run([
      'token',
      'create',
      'root',
      '--role',
      'admin',
      '--out',
      join(scene.directory, 'root.token'),
    ]);
    const root = join(scene.directory, 'root.token');
    const admin = (...args: string[]) => scene.run(args, { as: root });
    await admin('role', 'set', 'part', '--allow', 'read,write:/a');
    await admin('token', 'create', 'part', '--role', 'part', '--out', token);
    await admin('set', '/a/k', '1');
    await admin('set', '/secret', '1');
    const as = (line: string) => scene.run(line.split(' '), { as: token });
    for (const line of ['log /a', 'history /a/k', 'diff /a --from 3', 'find k /a'])
      expect((await as(line)).exitCode, line).toBeLessThan(2);
    for (const line of ['log', 'log /secret', 'history /secret', 'diff / --from 3', 'find k'])
      expect(await as(line), line).toMatchObject({ exitCode: 5, out: '' });
    expect((await as('revert --commit 4 -y')).exitCode).toBe(5);
  });
});
