import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newTokenText } from '@confer/server';
import { afterEach, expect, it, type TestContext } from 'vitest';
import { mountDisk } from '../disk/mounted.ts';
import { freePort, type Program, serve, startConfer, withDirectory } from '../support/process.ts';
import { set } from './exec-scene.ts';

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

async function serveAt(data: string, port: number, ...more: readonly string[]) {
  const server = await serve(['--data', data, ...more], port);
  running.push(server.program);
  return server;
}

/** Keeps `port` in a directory as the port of a service, by a template that lies beside it. */
function keep(url: string, out: string, template: string, ...more: readonly string[]): Program {
  writeFileSync(template, '{{ "/svc/port" | value }}');
  const files = ['-t', template, '--out', join(out, 'port')];
  const args = ['render', '--from', '/svc', ...files, '--debounce', '20ms', ...more];
  const program = startConfer(args, { url });
  running.push(program);
  return program;
}

const holds = (file: string, text: string) =>
  expect
    .poll(() => (existsSync(file) ? readFileSync(file, 'utf8') : ''), { timeout: 15_000 })
    .toBe(text);
const said = (program: Program, text: RegExp) =>
  program.saw(({ stderr }) => text.test(stderr) || undefined);

it('confer render waits for its server, and goes on with it after its death and with an older copy of its data', {
  timeout: 60_000,
}, async () => {
  await withDirectory(async (directory) => {
    const [data, copy] = [join(directory, 'data'), join(directory, 'copy')];
    const [file, port] = [join(directory, 'port'), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const program = keep(url, directory, join(directory, 't'));
    await said(program, /no connection to \S+ yet/);
    const first = await serveAt(data, port);
    await set(url, '/svc/port', '80');
    await holds(file, '80');
    await first.program.kill('SIGTERM');
    cpSync(data, copy, { recursive: true });
    const second = await serveAt(data, port);
    await set(url, '/svc/port', '81');
    await holds(file, '81');
    await second.program.kill();
    const third = await serveAt(data, port);
    await set(url, '/svc/port', '82');
    await holds(file, '82');
    await third.program.kill();
    await serveAt(copy, port);
    await holds(file, '80');
    expect((await program.kill('SIGTERM')).code).toBe(143);
  });
});

it('confer render ends with 5 where its token is not known, or may not read', async () => {
  await withDirectory(async (directory) => {
    const { url } = await serveAt(join(directory, 'data'), await freePort(), '--auth', 'on');
    const token = join(directory, 'token');
    writeFileSync(token, newTokenText(), { mode: 0o600 });
    const program = keep(url, directory, join(directory, 't'), '--token-file', token);
    expect(await program.finished).toMatchObject({
      ...{ code: 5, stderr: expect.stringMatching(/error\[unauthenticated\]/) },
    });
  });
});

it('what confer render left beside a file when it was killed is gone after its next start', async () => {
  await withDirectory(async (directory) => {
    const { url } = await serveAt(join(directory, 'data'), await freePort());
    await set(url, '/svc/port', '80');
    const hidden = () => readdirSync(directory).filter((name) => name.startsWith('.'));
    const killed = keep(url, directory, join(directory, 't'), '--check', 'exec sleep 1');
    await expect.poll(hidden, { timeout: 10_000 }).toEqual(['.port.confer']);
    await killed.kill();
    expect(hidden()).toEqual(['.port.confer']);
    keep(url, directory, join(directory, 't'));
    await holds(join(directory, 'port'), '80');
    expect(hidden()).toEqual([]);
  });
});

it('a full disk leaves the last good file, is said once, and is got over by itself (where a disk can be mounted)', async ({
  skip,
}: TestContext) => {
  await withDirectory(async (directory) => {
    const disk = mountDisk(directory, 4, 'tmpfs');
    if (disk === undefined) return skip('no file system can be mounted here');
    try {
      const { url } = await serveAt(join(directory, 'data'), await freePort());
      await set(url, '/svc/port', '80');
      const program = keep(url, disk.directory, join(directory, 't'));
      await holds(join(disk.directory, 'port'), '80');
      disk.fill(100_000);
      const large = 'x'.repeat(300_000);
      await set(url, '/svc/port', large);
      await said(program, /warning\[write\]: \S+ cannot be written: ENOSPC/);
      expect(readFileSync(join(disk.directory, 'port'), 'utf8')).toBe('80');
      await expect.poll(() => readdirSync(disk.directory).sort()).toEqual(['ballast', 'port']);
      disk.empty();
      await holds(join(disk.directory, 'port'), large);
      expect(program.stderr.match(/warning/g)).toHaveLength(1);
      await program.kill('SIGTERM');
    } finally {
      disk.remove();
    }
  });
});
