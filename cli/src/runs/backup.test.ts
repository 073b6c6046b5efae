import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { connect } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { entryLine, headerLine, headerOf } from '../backup/format.ts';
import { confer, type GuardedScene, startGuardedServer, startServer } from '../scene.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'confer-backup-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let names = 0;
const newName = () => join(root, `b${names++}`);

let server: Server;
const run = (...args: readonly string[]) => confer(args, { env: { CONFER_URL: server.url } });
const ok = async (...args: readonly string[]) => {
  const ran = await run(...args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
beforeAll(async () => {
  server = await startServer();
  await ok('set', '/shop/port', '8080');
  await ok('set', '/shop/motd', `hello\n\u{1f600} ${'x'.repeat(5_000)}`);
  await ok('set', '/app', 'v');
});
afterAll(() => server.close());

async function taken(): Promise<string> {
  const file = newName();
  await ok('backup', file);
  return file;
}

async function serveFrom(dataDirectory: string): Promise<Server> {
  const restored = await createServer({ engine: 'lmdb', dataDirectory, port: 0, transport: 'ws' });
  onTestFinished(() => restored.close());
  return restored;
}

describe('backup', () => {
  it('S3 writes all entries of one revision into a file that only its owner reads, and says so', async () => {
    const file = newName();
    expect(await ok('backup', file)).toMatch(/^3 entries as of revision 3 are in .*, \d+ bytes\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).filter((name) => name.includes('unfinished'))).toEqual([]);
    const said = JSON.parse(await ok('backup', newName(), '-o', 'json'));
    expect(said).toMatchObject({ revision: 3, entries: 3, epoch: expect.any(String) });
    expect(await ok('backup', newName(), '-o', 'raw')).toBe('3\n');
    expect(await ok('backup', newName(), '-q')).toBe('');
  });

  it('replaces a file when it is told to, and nothing else', async () => {
    const file = newName();
    writeFileSync(file, 'precious');
    const refused = await run('backup', file);
    expect(refused).toMatchObject({ exitCode: 2, out: '' });
    expect(refused.err).toContain('is there already\nhint: name another file, or add --force\n');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await ok('backup', file, '--force');
    expect(await ok('backup', 'verify', file)).toMatch(/^all is well: 3 entries as of revision 3/);
    const folder = newName();
    mkdirSync(folder);
    expect(await run('backup', folder, '--force')).toMatchObject({ exitCode: 2 });
  });

  it.each([
    ['that cannot be made, by name', () => join(newName(), 'x'), [], 'unwritable', 1],
    ['for which no server is there', newName, ['--url', 'http://127.0.0.1:1'], 'unavailable', 6],
  ] as const)('leaves nothing of a file %s', async (_, name, more, code, exitCode) => {
    const file = name();
    const failed = await run('backup', file, '--timeout', '300ms', ...more);
    expect(failed.err).toContain(`error[${code}]`);
    expect(failed.exitCode).toBe(exitCode);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(root).filter((each) => each.includes('unfinished'))).toEqual([]);
  });

  it('W3 begins anew at a newer revision where history is dropped before its end', async () => {
    const large = await startServer();
    onTestFinished(() => large.close());
    const client = connect(large.url);
    onTestFinished(() => client.close());
    const paths = Array.from({ length: 9_000 }, (_, i) => `/many/${i}`);
    const put = (path: string) => ({ type: 'put', path, value: path }) as const;
    await client.commit({ operations: paths.map(put) });
    const file = newName();
    const taking = confer(['backup', file, '-o', 'raw'], { env: { CONFER_URL: large.url } });
    let dropped = 0;
    for (; large.counters()['requestsRefused.compacted'] === 0; dropped++) {
      await client.set('/tick', `${dropped}`);
      await client.compact();
    }
    const { exitCode, out, err } = await taking;
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(Number(out)).toBeGreaterThan(1);
    const verified = await ok('backup', 'verify', file, '-o', 'json');
    expect(JSON.parse(verified)).toMatchObject({ entries: 9_001, revision: Number(out) });
  });

  it('leaves nothing when it is interrupted', async () => {
    const file = newName();
    const interrupt = new AbortController();
    interrupt.abort('SIGINT');
    const ran = await confer(['backup', file], {
      ...{ env: { CONFER_URL: server.url }, signal: interrupt.signal },
    });
    expect(ran).toEqual({ exitCode: 130, out: '', err: '' });
    expect(readdirSync(root).filter((each) => each.startsWith(file))).toEqual([]);
  });
});

describe('backup inspect', () => {
  it('says of which state a backup is, and what is in it', async () => {
    const file = await taken();
    const out = await ok('backup', 'inspect', file);
    expect(out).toMatch(/^revision +3\nepoch +\S+\ntaken +1970-\S+Z\nfrom +confer \S+, memory\n/);
    expect(out).toMatch(/\n\/shop +2 +\d+\n$/);
    expect(JSON.parse(await ok('backup', 'inspect', file, '-o', 'json'))).toMatchObject({
      ...{ formatVersion: 1, revision: 3, entries: 3, newest: 3, leased: 0 },
      subtrees: [
        { path: '/app', entries: 1 },
        { path: '/shop', entries: 2 },
      ],
    });
  });

  it.each([
    ['text', 'hello'],
    ['gzip of something else', gzipSync('hello')],
    ['a tar', Buffer.alloc(10_240)],
    ['an empty file', ''],
    ['a backup without its end', gzipSync(headerLine(header(1)))],
  ])('names what is no backup: %s', async (what, bytes) => {
    const file = newName();
    writeFileSync(file, bytes);
    const code = what.startsWith('a backup') ? 'damaged_backup' : 'no_backup';
    for (const args of [['inspect'], ['verify']]) {
      const said = await run('backup', ...args, file);
      expect(said.err).toContain(`error[${code}]: ${file}`);
      expect(said).toMatchObject({ exitCode: 7, out: '' });
    }
    const directory = newName();
    const restored = await run('restore', file, '--data', directory);
    expect(restored).toMatchObject({ exitCode: 7, out: '' });
    expect(existsSync(directory)).toBe(false);
  });

  it('names what it cannot read, and a format that is newer', async () => {
    expect((await run('backup', 'verify', newName())).err).toContain('error[unreadable]: ');
    expect((await run('backup', 'verify', '/dev/zero')).err).toContain('not a regular file');
    const pipe = newName();
    execFileSync('mkfifo', [pipe]);
    expect((await run('backup', 'verify', pipe)).err).toContain('not a regular file');
    expect((await run('backup', 'verify', root)).err).toContain('error[no_backup]');
    const file = newName();
    const newer = { ...header(1), formatVersion: 2 };
    writeFileSync(file, gzipSync(`${JSON.stringify(newer)}\nand what nobody knows yet`));
    const said = await run('backup', 'inspect', file);
    expect(said.err).toContain('error[newer_backup]: ');
    expect(said.exitCode).toBe(7);
  });
});

function header(revision: number) {
  const server = { version: '0.1.0', engine: 'memory' };
  return headerOf({ epoch: 'e1', revision, takenAt: 1, server });
}

describe('restore --data', () => {
  it('S1 makes a data directory with all that is known of each entry, in a new epoch', async () => {
    const directory = newName();
    const out = await ok('restore', await taken(), '--data', directory);
    expect(out).toBe(
      `3 entries are in ${directory}, which goes on after revision 3\nit is another history: clients begin anew with it\n`,
    );
    expect((await confer(['verify', '--data', directory])).out).toMatch(/^all is well: entries 3/);
    const restored = await serveFrom(directory);
    const [before, after] = [connect(server.url), connect(restored.url)];
    expect((await after.list('/')).entries).toEqual((await before.list('/')).entries);
    const { epoch, revision } = await after.serverStatus();
    expect(revision).toBe(3);
    expect(epoch).not.toBe((await before.serverStatus()).epoch);
    expect(await after.set('/app', 'w')).toEqual({ revision: 4 });
    await Promise.all([before.close(), after.close()]);
  });

  it('S5 goes on after a revision that is beyond all that were lost', async () => {
    const [file, directory] = [await taken(), newName()];
    await ok('restore', file, '--data', directory, '--revision', '5000');
    const restored = await serveFrom(directory);
    const client = connect(restored.url);
    onTestFinished(() => client.close());
    expect(await client.get('/app')).toMatchObject({ modRevision: 3 });
    expect(await client.set('/app', 'w')).toEqual({ revision: 5_001 });
    await ok('restore', file, '--data', newName(), '--revision', '2', '-o', 'json').then((out) =>
      expect(JSON.parse(out)).toMatchObject({ revision: 3 }),
    );
  });

  it('refuses a directory that has something in it, and a server that runs there', async () => {
    const directory = newName();
    const file = await taken();
    await ok('restore', file, '--data', directory);
    const before = readdirSync(directory);
    const again = await run('restore', file, '--data', directory);
    expect(again).toMatchObject({ exitCode: 2, out: '' });
    expect(again.err).toContain('error[storage]: ');
    expect(again.err).toContain('is not empty');
    expect(readdirSync(directory)).toEqual(before);
  });

  it.each([
    [['--data', 'x', '--into', '/x'], 'either --data DIRECTORY or --into SUBTREE'],
    [[], 'either --data DIRECTORY or --into SUBTREE'],
    [['--into', '/x', '--revision', '7'], '--revision is for --data'],
    [['--data', 'x', '--revision', '9007199254740991'], '--revision is at most 4503'],
    [['--data', 'x', '--revision', '-7'], '--revision takes a whole number'],
    [['--data', 'x', '--note', 'why'], '--note is for --into'],
    [['--into', '/x', '--note', 'y'.repeat(1_024)], '--note has at most 1000 bytes'],
  ])('refuses %j', async (args, message) => {
    const said = await run('restore', await taken(), ...args);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
    expect(said.err).toContain(message);
  });
});

describe('restore --into', () => {
  it('S3 writes the values through a server, in one commit, and goes on with what was broken off', async () => {
    const file = await taken();
    const out = await ok('restore', file, '--into', '/copy', '--note', 'rehearsal');
    expect(out).toMatch(/^3 entries are at \/copy, in 1 commit, at revision \d+\n$/);
    expect(await ok('get', '/copy/shop/port', '-o', 'raw')).toBe('8080');
    await ok('rm', '/copy/shop/port');
    expect(await ok('restore', file, '--into', '/copy')).toContain(
      '2 of them were there already\n',
    );
    expect(await ok('restore', file, '--into', '/copy')).toContain('in 0 commits');
    await ok('rm', '-r', '/copy', '-y');
  });

  it('overwrites nothing: what is there already has to be the beginning of the backup', async () => {
    const file = await taken();
    await ok('set', '/other/shop/port', '1');
    const said = await run('restore', file, '--into', '/other');
    expect(said).toMatchObject({ exitCode: 4, out: '' });
    expect(said.err).toContain('error[not_empty]: /other is not empty: /other/shop/port is there');
    expect(await ok('ls', '-R', '/other')).toBe('/other/shop/port\n');
    await ok('rm', '-r', '/other', '-y');
  });

  it('writes nothing where a path of the backup would be too long there', async () => {
    const deep = `/${Array.from({ length: 64 }, () => 'd').join('/')}`;
    const said = await run('restore', await taken(), '--into', deep);
    expect(said.err).toContain('error[invalid_path]: /app of the backup cannot be at /d/d/');
    expect(said.exitCode).toBe(7);
  });

  it('leaves out what lived by a lease and what is the server’s own, and says so', async () => {
    const file = newName();
    const { writeBackup } = await import('../backup/write.ts');
    const { open } = await import('node:fs/promises');
    const handle = await open(file, 'wx+');
    const entry = { value: 'v', createRevision: 1, modRevision: 1, version: 1, updatedAt: 1 };
    const pages = async function* () {
      yield [
        { path: '/a', ...entry, updatedBy: 'ann' },
        { path: '/b', ...entry, updatedBy: 'ann', lease: 'l1' },
      ];
      yield [{ path: '/.confer/auth/roles/r', ...entry, updatedBy: 'ann' }];
    };
    await writeBackup(handle, header(1), pages(), new AbortController().signal);
    await handle.close();
    expect(await ok('restore', file, '--into', '/some', '-o', 'json')).toContain(
      '"own": 1,\n  "leased": 1,',
    );
    expect(await ok('ls', '-R', '/some')).toBe('/some/a\n');
    expect(entryLine({ path: '/a', ...entry, updatedBy: 'ann' })).not.toContain('lease');
    await ok('rm', '-r', '/some', '-y');
  });
});

describe('a server with --auth on', () => {
  let scene: GuardedScene;
  beforeAll(async () => {
    scene = await startGuardedServer();
    const all = [
      ['token', 'create', 'root', '--role', 'admin', '--out', join(scene.directory, 'root')],
    ];
    for (const args of all) expect(await scene.run(args)).toMatchObject({ exitCode: 0 });
    const root = { as: join(scene.directory, 'root') };
    await scene.run(['role', 'set', 'all', '--allow', 'read,write:/'], root);
    const out = join(scene.directory, 'reader');
    await scene.run(['token', 'create', 'reader', '--role', 'all', '--out', out], root);
    await scene.run(['set', '/a', '1'], root);
  });
  afterAll(() => scene.close());

  it('W11 gives a backup to an admin alone, and says which right is missing', async () => {
    const file = newName();
    const refused = await scene.run(['backup', file], { as: join(scene.directory, 'reader') });
    expect(refused).toMatchObject({ exitCode: 5, out: '' });
    expect(refused.err).toContain('error[forbidden]: reader may not admin all of /.confer');
    expect(existsSync(file)).toBe(false);
  });

  it('W11 takes a restore into a subtree from who may read and write there, and from nobody else', async () => {
    const as = (name: string) => ({ as: join(scene.directory, name) });
    await scene.run(['role', 'set', 'team', '--allow', 'read,write:/team'], as('root'));
    const out = join(scene.directory, 'team');
    await scene.run(['token', 'create', 'team', '--role', 'team', '--out', out], as('root'));
    const file = await taken();
    const refused = await scene.run(['restore', file, '--into', '/elsewhere'], as('team'));
    expect(refused).toMatchObject({ exitCode: 5, out: '' });
    expect(refused.err).toContain('team may not read all of /elsewhere');
    const restored = await scene.run(['restore', file, '--into', '/team'], as('team'));
    expect(restored, restored.err).toMatchObject({ exitCode: 0 });
  });

  it('has its roles and tokens again after a restore', async () => {
    const [file, directory] = [newName(), newName()];
    const as = join(scene.directory, 'root');
    expect(await scene.run(['backup', file], { as })).toMatchObject({ exitCode: 0 });
    await ok('restore', file, '--data', directory);
    const restored = await createServer({
      ...{ engine: 'lmdb', dataDirectory: directory, port: 0, transport: 'ws', auth: 'on' },
    });
    onTestFinished(() => restored.close());
    const asRoot = { as, env: { CONFER_URL: restored.url } };
    expect(await scene.run(['get', '/a'], asRoot)).toMatchObject({ exitCode: 0, out: '1\n' });
    const asReader = { ...asRoot, as: join(scene.directory, 'reader') };
    expect(await scene.run(['set', '/a', '2'], asReader)).toMatchObject({ exitCode: 0 });
    expect(await scene.run(['role', 'ls'], asReader)).toMatchObject({ exitCode: 5 });
    expect(await confer(['get', '/a'], { env: asRoot.env })).toMatchObject({ exitCode: 5 });
  });
});
