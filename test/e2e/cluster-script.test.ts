import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { etcdProblem } from '../../server/src/test-support/etcd-process.ts';
import { confer, Program, withDirectory } from '../support/process.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/cluster.mjs', import.meta.url));

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, a cluster on this machine: ${problem}`);

const running: Program[] = [];
afterEach(async () => {
  // It ends what it started, and only then itself.
  await Promise.all(running.splice(0).map((program) => program.kill('SIGTERM')));
});

function start(args: readonly string[] = [], env: Record<string, string> = {}): Program {
  const program = new Program(SCRIPT, args, { env });
  running.push(program);
  return program;
}

interface Part {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

interface Cluster {
  readonly gateways: readonly [Part, Part];
  readonly members: readonly [Part, Part, Part];
  readonly directory: string;
}

/** What it says that runs, once it has said all of it. */
function clusterOf({ stdout, stderr, child }: Program): Cluster | undefined {
  if (child.exitCode !== null) throw new Error(`it ended: ${stdout}\n${stderr}`);
  const parts = [...stdout.matchAll(/^((?:gateway|member) \S+) +(\S+) +pid (\d+)$/gm)].map(
    ([, name = '', url = '', pid]) => ({ name, url, pid: Number(pid) }),
  );
  const directory = /^logs and data: (.+)$/m.exec(stdout)?.[1];
  if (directory === undefined || !stdout.includes('Ctrl-C ends')) return undefined;
  const [one, other, ...members] = parts;
  const [m1, m2, m3] = members;
  if (!one || !other || !m1 || !m2 || !m3) throw new Error(`not all is there:\n${stdout}`);
  return { gateways: [one, other], members: [m1, m2, m3], directory };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const expectGone = ({ gateways, members, directory }: Cluster) => {
  expect([...gateways, ...members].filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(existsSync(directory)).toBe(false);
};

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  const isListening = await once(probe, 'listening').then(
    () => true,
    () => false,
  );
  if (isListening) await once(probe.close(), 'close');
  return isListening;
}

/** The first of a row of ports that nobody has, and that no connection is given by chance. */
async function freePorts(count: number): Promise<number> {
  for (let first = 20_000 + (process.pid % 1_000) * 10; ; first += 10) {
    const row = Array.from({ length: count }, (_, i) => first + i);
    const areFree = await Promise.all(row.map(isFree));
    if (!areFree.includes(false)) return first;
  }
}

describe('pnpm cluster', { timeout: 100_000 }, () => {
  it.skipIf(problem !== undefined)(
    'S1 S2 serves through two gateways, also without one member, and leaves nothing behind (where etcd is installed)',
    async () => {
      const program = start();
      const cluster = await program.saw(clusterOf, 60_000);
      const [one, other] = cluster.gateways;
      const [lost] = cluster.members;
      const read = (path: string) => confer(['get', path, '-o', 'raw'], { url: other.url });

      expect(await confer(['set', '/shop/port', '1'], { url: one.url })).toMatchObject({ code: 0 });
      expect((await read('/shop/port')).stdout).toBe('1');

      process.kill(lost.pid, 'SIGKILL');
      const line = `${lost.name} (pid ${lost.pid}) ended by itself: SIGKILL\n`;
      await program.saw(({ stdout }) => (stdout.includes(line) ? true : undefined));
      const written = await confer(['set', '/shop/port', '2', '--timeout', '30s'], {
        url: one.url,
      });
      expect(written).toMatchObject({ code: 0 });
      expect((await read('/shop/port')).stdout).toBe('2');

      expect(await program.kill('SIGINT')).toMatchObject({ code: 0, stderr: '' });
      expectGone(cluster);
    },
  );

  it.skipIf(problem !== undefined)(
    'has the ports that it is asked for, and ends with SIGTERM (where etcd is installed)',
    async () => {
      const port = await freePorts(8);
      const program = start(['--base-port', String(port)]);
      const cluster = await program.saw(clusterOf, 60_000);
      expect([...cluster.gateways, ...cluster.members].map(({ url }) => url)).toEqual(
        [0, 1, 2, 3, 4].map((i) => `http://127.0.0.1:${port + i}`),
      );

      const second = await start(['--base-port', String(port)]).finished;
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(second.stderr).toBe(
        `error: port ${port} cannot be had: it is in use; another --base-port, or none, may help\n`,
      );

      expect((await program.kill('SIGTERM')).code).toBe(0);
      expectGone(cluster);
    },
  );

  it.skipIf(problem !== undefined)(
    'leaves nothing behind when it is ended while it starts (where etcd is installed)',
    async () => {
      await withDirectory(async (TMPDIR) => {
        const program = start([], { TMPDIR });
        await program.saw(({ stdout }) => (stdout.includes('starting') ? true : undefined));
        expect(await program.kill('SIGINT')).toMatchObject({ code: 0, stderr: '' });
        expect(readdirSync(TMPDIR)).toEqual([]);
      });
    },
  );

  it('says what a member said that did not start, and leaves nothing behind', async () => {
    await withDirectory(async (directory) => {
      const [PATH, TMPDIR] = [join(directory, 'bin'), join(directory, 'tmp')];
      mkdirSync(PATH);
      mkdirSync(TMPDIR);
      const script =
        '#!/bin/sh\n[ "$1" = --version ] && echo "etcd Version: 3.4.0" || ! echo no luck\n';
      writeFileSync(join(PATH, 'etcd'), script, { mode: 0o755 });
      const { code, stderr } = await start([], { PATH, TMPDIR }).finished;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^error: member m\d ended \(exit code 1\); the last that it said:\n {2}no luck\n$/,
      );
      expect(readdirSync(TMPDIR)).toEqual([]);
    });
  });

  it('says what to install where there is no etcd', async () => {
    await withDirectory(async (PATH) => {
      const { code, stdout, stderr } = await start([], { PATH }).finished;
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: there is no etcd in the PATH.*\n.*apt-get install/);
    });
  });

  it('teaches with --help, and when it is asked for what it does not have', async () => {
    const help = await start(['--help']).finished;
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: pnpm cluster/);
    for (const args of [
      ['--nodes', '5'],
      ['--base-port', 'x'],
      ['--base-port', '65535'],
    ]) {
      const { code, stderr } = await start(args).finished;
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error: /);
    }
  });
});
