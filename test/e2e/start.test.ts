import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { createServer } from '@confer/server';
import { afterEach, describe, expect, it } from 'vitest';
import { confer, freePort, type Program, serve, withDirectory } from '../support/process.ts';
import { TRANSPORTS } from '../support/transports.ts';

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

async function started(args: readonly string[], port?: number) {
  const server = await serve(args, port);
  running.push(server.program);
  return server;
}

/** One clear line on stderr, an exit code of its own, and nothing on stdout. */
function expectRefusal(result: { code: number | null; stdout: string; stderr: string }) {
  expect(result.code).not.toBe(0);
  expect(result.code).not.toBeNull();
  expect(result.stdout).toBe('');
  expect(result.stderr).toMatch(/^error\[/m);
  expect(result.stderr).not.toMatch(/^\s+at /m);
}

describe('a server that cannot start', () => {
  it.each(TRANSPORTS)('says that its port is in use (%s)', async (transport) => {
    const { port } = await started(['--memory']);
    const args = ['serve', '--memory', '--transport', transport];
    const second = await confer([...args, '--listen', `127.0.0.1:${port}`]);
    expectRefusal(second);
    expect(second.stderr).toMatch(/in use/);
  });

  it('leaves no data directory behind where it may or can not listen', async () => {
    await withDirectory(async (directory) => {
      const { port } = await started(['--memory']);
      const data = join(directory, 'data');
      for (const address of [`127.0.0.1:${port}`, '0.0.0.0:0'])
        expectRefusal(await confer(['serve', '--data', data, '--listen', address]));
      expect(existsSync(data)).toBe(false);
    });
  });

  it.each([
    ['--keep-age', 'nonsense'],
    ['--keep-commits', '-5'],
  ])('says that %s %s is no limit of history', async (flag, value) => {
    const refused = await confer(['serve', '--memory', '--listen', '127.0.0.1:0', flag, value]);
    expectRefusal(refused);
    expect(refused.code).toBe(2);
  });

  it('says which limit of history is none, inside a program', async () => {
    const options = { engine: 'memory', port: 0, retention: { commits: -1 } } as const;
    await expect(createServer(options)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('says that its data belong to another server, and leaves them alone', async () => {
    await withDirectory(async (directory) => {
      const { url } = await started(['--data', directory]);
      await confer(['set', '/a', '1'], { url });
      const port = await freePort();
      const second = await confer(['serve', '--data', directory, '--listen', `127.0.0.1:${port}`]);
      expectRefusal(second);
      expect(second.stderr).toMatch(/another|in use|locked/);
      expect((await confer(['get', '/a', '-o', 'raw'], { url })).stdout).toBe('1');
    });
  });

  it('says that its data directory is a file, or foreign, and leaves it alone', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'file');
      writeFileSync(file, 'mine');
      expectRefusal(await confer(['serve', '--data', file, '--listen', '127.0.0.1:0']));
      expect(readFileSync(file, 'utf8')).toBe('mine');
    });
  });

  it('refuses an address that others can reach, unless told that it is safe', async () => {
    const refused = await confer(['serve', '--memory', '--listen', '0.0.0.0:0']);
    expectRefusal(refused);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(/--insecure/);
  });
});

describe('a server that starts and stops', () => {
  it('prints one line with its URL on stdout, and exits 0 on SIGTERM', async () => {
    await withDirectory(async (directory) => {
      const { program, url } = await started(['--data', join(directory, 'new', 'data')]);
      const { code, stdout, stderr } = await program.kill('SIGTERM');
      expect(code).toBe(0);
      expect(stdout).toBe(`${url}\n`);
      expect(stderr).toMatch(/data/);
    });
  });

  it('keeps what it has over a clean restart', async () => {
    await withDirectory(async (directory) => {
      const first = await started(['--data', directory]);
      await confer(['set', '/a', 'kept'], { url: first.url });
      await first.program.kill('SIGTERM');
      const second = await started(['--data', directory]);
      expect((await confer(['get', '/a', '-o', 'raw'], { url: second.url })).stdout).toBe('kept');
    });
  });

  it.each(TRANSPORTS)('takes a client that started before it (%s)', async (transport) => {
    const port = await freePort();
    const client = connect(`http://127.0.0.1:${port}`, { retry: { initialMs: 20, maxMs: 100 } });
    const mirror = client.mirror('/');
    await new Promise<void>((resolve) => {
      const off = client.on('status', ({ kind }) => {
        if (kind !== 'waiting') return;
        off();
        resolve();
      });
    });
    await started(['--memory', '--transport', transport], port);
    await mirror.ready();
    await client.set('/a', '1');
    expect(mirror.value('/a')).toBe('1');
    await client.close();
  });
});
