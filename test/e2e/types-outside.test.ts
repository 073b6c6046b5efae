import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFull } from '../support/extent.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const { packageManager, devDependencies: tools } = read('package.json');
const { dependencies: schemas } = read('test/package.json');

const pnpm = (args: readonly string[], cwd: string) =>
  spawnSync('npx', ['-y', packageManager, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });

/** As strict as a project may be that does not skip what it did not write itself. */
const STRICT = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  ...{ noImplicitOverride: true, noPropertyAccessFromIndexSignature: true, skipLibCheck: false },
  ...{ target: 'es2022', noEmit: true },
};

/** What a user may write, with the types that it has to have, and what the compiler has to refuse. */
const PROGRAM = `
import { connect, ConferError, fileSnapshot } from '@confer/client';
import { type Config, type ConfigDifference, ConfigError, type ConfigIssue, config, type Explanation } from '@confer/client/config';
import { browserSnapshot } from '@confer/client/snapshot';
import { administrationOf, type Subscribers } from '@confer/client/admin';
import { historyOf, type LoggedCommit, type RevertPlan, type Version } from '@confer/client/history';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const client = connect(['http://127.0.0.1:1'], {
  snapshot: fileSnapshot('kept', { maxAgeMs: 1, exclude: ['**/secret/**'] }),
  override: 'override.json',
  onOverride: (message: string) => console.warn(message),
});
const Orders = z.object({
  pool: z.object({ max: z.number(), min: z.number().default(1) }),
  hosts: z.array(z.string()).default([]),
  since: z.string().transform((text) => new Date(text)),
});
const orders = client.config('/svc/orders', Orders, {
  defaults: { pool: { max: 5 } },
  layers: ['/instances/1'],
  debounce: { minMs: 1, maxMs: 2 },
});
same<typeof orders.current, { pool: { max: number; min: number }; hosts: string[]; since: Date }>(true);
same<ReturnType<typeof orders.getSnapshot>, z.infer<typeof Orders> | undefined>(true);
orders.select(({ pool }) => pool.max, (max, before) => same<[typeof max, typeof before], [number, number]>(true));
orders.select((all) => all.hosts[0], (host) => same<typeof host, string | undefined>(true));
orders.onChange((next, previous, difference) => {
  same<typeof next, z.infer<typeof Orders>>(true);
  same<typeof previous, z.infer<typeof Orders>>(true);
  same<typeof difference, readonly ConfigDifference[]>(true);
});
const past = historyOf(client);
const logged: Promise<IteratorResult<LoggedCommit>> = past.log('/svc', { values: true }).next();
const plan: Promise<RevertPlan> = past.planRevert({ commit: 41, path: '/svc' });
const versionOf = (version: Version) => (version.type === 'put' ? version.entry.value : version.cause);
console.log(logged, plan, versionOf);
const off: () => void = orders.on('error', (error) => {
  same<typeof error, ConfigError>(true);
  same<typeof error.issues, readonly ConfigIssue[]>(true);
});
orders.on('status', ({ from, to }) => console.log(from, to));
const why: Explanation = orders.explain('pool.max');
for (const { source, at, value, revision } of why.from) console.log(source, at, value, revision);

const valibot = config(client, '/svc', v.object({ port: v.pipe(v.number(), v.minValue(1)) }));
same<typeof valibot.current, { port: number }>(true);
const ark = config(client, '/svc', type({ port: 'number', 'host?': 'string' }));
same<typeof ark.current, { port: number; host?: string }>(true);
function start(settings: Config<{ port: number }>): number {
  return settings.current.port;
}
start(valibot);
start(ark);

const { source, revision } = await orders.ready({ accept: ['server', 'snapshot'], timeoutMs: 5 });
same<typeof source, 'server' | 'snapshot' | 'bootstrap' | 'defaults'>(true);
same<typeof revision, number | undefined>(true);
const seen: Subscribers = await administrationOf(client).subscribers('/svc');
console.log(seen.subscribers[0]?.rejected?.reason, browserSnapshot('flags'));
try {
  await client.set('/a', '1');
} catch (error) {
  if (error instanceof ConfigError) console.log(error.revision);
  if (error instanceof ConferError && error.code === 'rejected') console.log(error.path);
}
off();

// @ts-expect-error a key that the schema does not have
orders.current.pool.maximum;
// @ts-expect-error what is selected is a number
orders.select(({ pool }) => pool.max, (max: string) => max);
// @ts-expect-error the override is nobody's to accept
await orders.ready({ accept: ['override'] });
// @ts-expect-error no schema
client.config('/svc', { parse: () => 1 });
// @ts-expect-error configuration is not written to
orders.current = orders.current;
// @ts-expect-error a debounce has an end
client.config('/svc', Orders, { debounce: { minMs: 1 } });
`;

/** The same without anything of Node. */
const PAGE = `
import { connect } from '@confer/client';
import { config } from '@confer/client/config';
import { browserSnapshot } from '@confer/client/snapshot';
import { z } from 'zod';

const client = connect(location.origin, { snapshot: browserSnapshot('flags') });
const flags = config(client, '/flags', z.object({ dark: z.boolean() }));
flags.select(({ dark }) => dark, (dark) => document.body.classList.toggle('dark', dark));
`;

const PROJECTS = [
  {
    where: 'on Node',
    source: PROGRAM,
    options: { module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] },
  },
  {
    where: 'in a page, without the types of Node',
    source: PAGE,
    options: {
      ...{ module: 'esnext', moduleResolution: 'bundler', types: [] },
      ...{ lib: ['es2023', 'dom'], customConditions: ['browser'] },
    },
  },
];

/** To install and to compile takes half a minute. What decides whether a change lands does it. */

describe('the types of the client, packed and used by a strict project outside of the workspace (where packages can be installed)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-types-'));
  let problem: string | undefined;

  beforeAll(() => {
    if (!isFull) return;
    for (const name of ['shared', 'client'])
      pnpm(['pack', '--pack-destination', directory], join(ROOT, name));
    const files = readdirSync(directory).filter((file) => file.endsWith('.tgz'));
    const own = Object.fromEntries(
      files.map((file) => [file.replace(/^confer-(\w+)-.*$/, '@confer/$1'), `file:./${file}`]),
    );
    const { typescript, '@types/node': node } = tools;
    const { zod, valibot, arktype } = schemas;
    const dependencies = { ...own, typescript, '@types/node': node, zod, valibot, arktype };
    writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies, pnpm: { overrides: own } }),
    );
    const install = ['install', '--prefer-offline', '--ignore-scripts'];
    const { status, stdout } = pnpm(install, directory);
    if (status !== 0) problem = stdout;
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  for (const { where, source, options } of PROJECTS)
    it.runIf(isFull)(
      `infer everything without a cast ${where} (with CONFER_TEST_FULL=1)`,
      ({ skip }) => {
        if (problem !== undefined) return skip(problem);
        const file = `${where.replaceAll(' ', '-')}.ts`;
        writeFileSync(join(directory, file), source);
        const about = { compilerOptions: { ...STRICT, ...options }, files: [file] };
        const project = join(directory, `${file}.json`);
        writeFileSync(project, JSON.stringify(about));
        const compiler = join(directory, 'node_modules/typescript/bin/tsc');
        const args = [compiler, '-p', project];
        const { stdout } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
        expect(stdout).toBe('');
      },
      180_000,
    );
});
