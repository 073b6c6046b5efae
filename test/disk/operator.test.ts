import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, ConferError, connect } from '@confer/client';
import { afterEach, describe, expect, it } from 'vitest';
import { confer, freePort, Program, serve, withDirectory } from '../support/process.ts';
import { numbersIn } from './served.ts';
import { openTmpfs } from './small-disk.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const NOTICED_MS = 10_000;
const VALUE = 'x'.repeat(20_000);

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

async function started(data: string) {
  const server = await serve(['--data', data]);
  running.push(server.program);
  return server;
}

/** A start that cannot be; what it said. */
async function refused(data: string, ...args: readonly string[]) {
  const listen = `127.0.0.1:${await freePort()}`;
  const program = new Program(CLI, ['serve', '--listen', listen, '--data', data, ...args]);
  running.push(program);
  return program.finished;
}

async function set(url: string, path: string, value: string): Promise<number | null> {
  const { code } = await confer(['set', path, '-'], { url, stdin: value });
  return code;
}

async function storageOf(url: string): Promise<string> {
  const { stdout } = await confer(['status', '-o', 'json'], { url });
  return JSON.parse(stdout).storage;
}

describe('what is done to the directory of a server that runs', () => {
  it.each(['the directory', 'data.mdb', 'wal-0'])(
    '%s removed: it is noticed within seconds, said, and the server ends',
    async (what) => {
      await withDirectory(async (home) => {
        const data = join(home, 'data');
        const { program, url } = await started(data);
        expect(await set(url, '/n/1', '1')).toBe(0);
        rmSync(what === 'the directory' ? data : join(data, what), { recursive: true });
        await program.saw(({ child }) => child.exitCode ?? undefined, NOTICED_MS);
        const { code, stderr } = await program.finished;
        expect(code).toBe(1);
        expect(stderr).toMatch(
          / error the storage has failed, and the server ends: .* was removed/,
        );
        expect(stderr).toMatch(/error\[storage\]: the storage failed: .* was removed/);
      });
    },
  );

  it('data.mdb cut off: it is noticed within seconds, said, and the server ends', async () => {
    await withDirectory(async (home) => {
      const data = join(home, 'data');
      const { program } = await started(data);
      truncateSync(join(data, 'data.mdb'), 8_192);
      await program.saw(({ child }) => child.exitCode ?? undefined, NOTICED_MS);
      const { code, stderr } = await program.finished;
      expect(code).toBe(1);
      expect(stderr).toMatch(/ the server ends: .*data\.mdb was cut off while it was open/);
    });
  });

  it('S1 one whose data.mdb was replaced has the log to itself until it has ended', async () => {
    await withDirectory(async (home) => {
      const data = join(home, 'data');
      const first = await started(data);
      expect(await set(first.url, '/n/1', '1')).toBe(0);
      first.program.child.kill('SIGSTOP');
      const bytes = readFileSync(join(data, 'data.mdb'));
      rmSync(join(data, 'data.mdb'));
      writeFileSync(join(data, 'data.mdb'), bytes);
      const second = await refused(data);
      expect(second.code).toBe(2);
      expect(second.stderr).toMatch(/^error\[storage\]: .*wal-0 is in use by another process\n$/);
      first.program.child.kill('SIGCONT');
      expect((await first.program.finished).code).toBe(1);
      expect([...(await numbersIn(data))]).toEqual([1]);
    });
  });

  it('S1 a row that is damaged: it is not served, the others are, and status says so', async () => {
    await withDirectory(async (home) => {
      const data = join(home, 'data');
      const { program, url } = await started(data);
      expect(await set(url, '/n/1', 'worth keeping')).toBe(0);
      expect(await set(url, '/n/2', '2')).toBe(0);
      await program.kill('SIGTERM');
      const again = await started(data);
      const file = openSync(join(data, 'data.mdb'), 'r+');
      const bytes = readFileSync(join(data, 'data.mdb'));
      for (let at = bytes.indexOf('worth'); at !== -1; at = bytes.indexOf('worth', at + 1))
        writeSync(file, 'W', at);
      closeSync(file);
      const damaged = await confer(['get', '/n/1'], { url: again.url });
      expect(damaged.stderr).toMatch(/^error\[damaged\]: the row of "\/n\/1" in the table entries/);
      expect((await confer(['get', '/n/2'], { url: again.url })).stdout).toBe('2\n');
      expect(await set(again.url, '/n/3', '3')).toBe(0);
      await again.program.saw(
        ({ stderr }) => / error the storage is degraded: the row of/.exec(stderr) ?? undefined,
      );
      expect((await again.program.kill('SIGTERM')).code).toBe(1);
    });
  });

  it('S1 another server started on it is refused, and harms nothing', async () => {
    await withDirectory(async (home) => {
      const data = join(home, 'data');
      const { program, url } = await started(data);
      expect(await set(url, '/n/1', '1')).toBe(0);
      rmSync(join(data, 'lock.mdb'));
      const second = await refused(data);
      expect(second.code).toBe(2);
      expect(second.stderr).toMatch(
        /^error\[storage\]: .*data is in use by another process \(\d+ opened it last\)\n$/,
      );
      expect(await set(url, '/n/2', '2')).toBe(0);
      await program.kill('SIGTERM');
      expect([...(await numbersIn(data))].sort()).toEqual([1, 2]);
    });
  });
});

describe('a start on a directory that is not as it was left', () => {
  const cases: readonly [what: string, spoil: (data: string) => void, said: RegExp][] = [
    ['data.mdb is missing', (data) => rmSync(join(data, 'data.mdb')), /data\.mdb is missing/],
    ['data.mdb is empty', (data) => writeFileSync(join(data, 'data.mdb'), ''), /it is empty/],
    [
      'data.mdb is of something else',
      (data) => writeFileSync(join(data, 'data.mdb'), 'not a store'.repeat(10_000)),
      /it is not from Confer/,
    ],
    [
      'data.mdb is older',
      (data) => renameSync(join(data, 'older'), join(data, 'data.mdb')),
      /data\.mdb is older than confer\.json says: .*--accept-loss/,
    ],
    [
      'a page of data.mdb is damaged',
      (data) => {
        const bytes = readFileSync(join(data, 'data.mdb'));
        bytes.fill(
          0,
          bytes.indexOf('the second') & ~4_095,
          (bytes.indexOf('the second') | 4_095) + 1,
        );
        writeFileSync(join(data, 'data.mdb'), bytes);
      },
      /data\.mdb: page \d+ of the table .*confer repair salvages what can be read/,
    ],
  ];

  it.each(cases)('S1 %s: one line, and exit code 2', async (_what, spoil, said) => {
    await withDirectory(async (home) => {
      const data = join(home, 'data');
      for (const value of ['the first', 'the second']) {
        if (existsSync(data))
          writeFileSync(join(data, 'older'), readFileSync(join(data, 'data.mdb')));
        const { program, url } = await started(data);
        expect(await set(url, '/n/1', value)).toBe(0);
        await program.kill('SIGTERM');
      }
      spoil(data);
      const { code, stdout, stderr } = await refused(data);
      expect(stderr).toMatch(said);
      expect(stderr).toMatch(/^error\[storage\]: .+\n$/);
      expect([code, stdout]).toEqual([2, '']);
    });
  });

  it('S1 a log that is damaged or missing after a crash: one line, and exit code 2', async () => {
    await withDirectory(async (home) => {
      const data = join(home, 'data');
      const { program, url } = await started(data);
      for (let i = 0; i < 8; i++) expect(await set(url, `/n/${i}`, String(i))).toBe(0);
      await program.kill('SIGKILL');
      const log = join(data, 'wal-0');
      const right = readFileSync(log);
      const damaged = Buffer.from(right);
      damaged[3 * 4_096 + 40] = 0xff;
      writeFileSync(log, damaged);
      const one = await refused(data);
      expect(one.stderr).toMatch(
        /^error\[storage\]: .*wal-0 is damaged at byte 12288; restore a copy, or .* confer repair\n$/,
      );
      rmSync(log);
      const two = await refused(data);
      expect(two.stderr).toMatch(/^error\[storage\]: .*its file wal-0 is missing.*\n$/);
      expect([one.code, two.code]).toEqual([2, 2]);
      writeFileSync(log, right);
      expect((await numbersIn(data)).size).toBe(8);
    });
  });
});

describe('a disk that takes no more', () => {
  it('S1 full: deletes, compaction and the end still work, and room is used again (where a disk can be mounted)', {
    timeout: 60_000,
  }, async ({ skip }) => {
    await withDirectory(async (home) => {
      const disk = openTmpfs(home, 24);
      if (disk === undefined) return skip('no file system can be mounted here');
      try {
        const { program, url } = await started(join(disk.directory, 'data'));
        const client = connect(url);
        expect(await fillUp(client)).toBe('storage_full');
        expect(await storageOf(url)).toBe('degraded');
        expect((await confer(['rm', '-r', '/load', '--all', '-y'], { url })).code).toBe(0);
        expect((await confer(['compact'], { url })).code).toBe(0);
        for (let i = 0; i < 50; i++) await client.set(`/load/${i}`, VALUE);
        await client.close();
        const { code, stderr } = await program.kill('SIGTERM');
        expect([0, 1]).toContain(code);
        expect(stderr.match(/ error the storage is degraded: the disk is full/g)?.length).toBe(1);
      } finally {
        disk.remove();
      }
    });
  });
});

/** Overwrites 400 paths with 20 kB each, over and over, until somebody says no; returns the code of that. */
async function fillUp(client: Client): Promise<string> {
  for (let i = 0; i < 4_000; i++) {
    const code = await client.set(`/load/${i % 400}`, `${i} ${VALUE}`).then(
      () => undefined,
      (error: unknown) => (error instanceof ConferError ? error.code : String(error)),
    );
    if (code !== undefined) return code;
  }
  return 'never full';
}
