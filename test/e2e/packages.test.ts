import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from '../support/process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['shared', 'client', 'server', 'cli'];
/** The version that the repository is installed with. */
const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const pnpm = (args: readonly string[], cwd: string) =>
  execFileSync('npx', ['-y', packageManager, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });

/** Whether what the packages depend on can be fetched: it is in the store of pnpm, or there is a registry. */
function packed(directory: string): string | undefined {
  for (const name of PACKAGES) pnpm(['pack', '--pack-destination', directory], join(ROOT, name));
  const files = readdirSync(directory).filter((file) => file.endsWith('.tgz'));
  const own = Object.fromEntries(
    files.map((file) => [file.replace(/^confer-(\w+)-.*$/, '@confer/$1'), `file:./${file}`]),
  );
  // Not published, so each of them is told where the others are.
  const about = { name: 'empty', private: true, type: 'module', dependencies: own };
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ ...about, pnpm: { overrides: own } }),
  );
  const { status, stdout } = spawnSync(
    'npx',
    ['-y', packageManager, 'install', '--prefer-offline', '--ignore-scripts'],
    { cwd: directory, encoding: 'utf8' },
  );
  return status === 0 ? undefined : stdout;
}

describe('the packages, packed and installed in an empty folder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-packages-'));
  let problem: string | undefined;
  let confer = '';

  beforeAll(() => {
    problem = packed(directory);
    if (problem !== undefined) console.info(`skipped, nothing can be installed here: ${problem}`);
    confer = join(directory, 'node_modules/@confer/cli/dist/main.js');
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('have what runs, their licence and a page of help, and neither sources nor tests', () => {
    for (const name of PACKAGES) {
      const file = readdirSync(directory).find((each) => each.startsWith(`confer-${name}-`)) ?? '';
      const list = execFileSync('tar', ['tzf', join(directory, file)], { encoding: 'utf8' });
      const paths = list.trim().split('\n');
      expect(paths, name).toContain('package/README.md');
      expect(paths, name).toContain('package/LICENSE');
      // What is read beside the code when a gateway starts.
      if (name === 'server') expect(paths).toContain('package/proto/etcd.proto');
      expect(
        paths.filter((path) => /\/src\/|\.test\.|\.contract\.|tsbuildinfo/.test(path)),
        name,
      ).toEqual([]);
    }
  });

  it('give a command that says what it is, serves, writes and reads', async ({ skip }) => {
    if (problem !== undefined) skip(problem);
    expect(existsSync(join(directory, 'node_modules/.bin/confer'))).toBe(true);
    const run = async (...args: string[]) => await new Program(confer, args).finished;
    expect((await run('--version')).stdout).toMatch(/^confer \d+\.\d+\.\d+\n$/);
    const server = new Program(confer, ['serve', '--memory', '--listen', '127.0.0.1:0']);
    const url = await server.saw(({ stdout }) => /^http:\S+/.exec(stdout)?.[0]);
    expect((await run('--url', url, 'set', '/a', '1')).code).toBe(0);
    expect((await run('--url', url, 'get', '/a')).stdout).toBe('1\n');
    expect(await scriptSays(url)).toBe('/a 1 2 anyone\ntrue\n');
    server.child.kill('SIGTERM');
    expect((await server.finished).code).toBe(0);
  });

  /** A plain script that uses all entries as their pages say; no SDK that is optional was installed. */
  async function scriptSays(url: string): Promise<string> {
    const script = join(directory, 'script.js');
    writeFileSync(
      script,
      `import { connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { startTestServer } from '@confer/client/testing';
import { ConferProvider } from '@confer/client/openfeature';
import { createServer } from '@confer/server';
const client = connect(process.argv[2]);
const mirror = client.mirror('/a');
await mirror.ready();
const [{ path, value }] = mirror.list();
await client.set('/a', '2');
console.log(path, value, mirror.get('/a').value, (await administrationOf(client).whoami()).kind);
await client.close();
const tests = startTestServer({ '/flags': { on: true } });
const provider = new ConferProvider(tests.connect(), '/flags');
await provider.initialize();
console.log((await provider.resolveBooleanEvaluation('on')).value);
await tests.close();
await (await createServer({ engine: 'memory', port: 0 })).close();
`,
    );
    const { stdout, stderr } = await new Program(script, [url]).finished;
    return stdout + stderr;
  }
});
