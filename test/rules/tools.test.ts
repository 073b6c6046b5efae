import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Files, ROOT, runWith } from './planted.ts';
import { PACKAGES } from './source.ts';

const CRUISE = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
const KNIP = 'node_modules/knip/bin/knip.js';
const BIOME = 'node_modules/@biomejs/biome/bin/biome';

/** Files, each with what it says and the rules that it breaks. */
type Planted = Readonly<Record<string, readonly [text: string, ...rules: string[]]>>;

const textsOf = (planted: Planted): Files =>
  Object.fromEntries(Object.entries(planted).map(([path, [text]]) => [path, text]));

const rulesOf = (planted: Planted): string[] =>
  Object.entries(planted).flatMap(([path, [, ...rules]]) => rules.map((rule) => `${path} ${rule}`));

const sorted = (lines: Iterable<string>) => [...new Set(lines)].sort();

/** What makes packages of them, which have the same dependencies. `vitest` is installed for all. */
const packaged = (...dependencies: string[]): Files =>
  Object.fromEntries([
    ['package.json', '{ "name": "confer" }'],
    ['pnpm-workspace.yaml', `packages: [${PACKAGES.join(', ')}]`],
    ...PACKAGES.flatMap((name) => [
      [`${name}/dist/index.js`, ''],
      [
        `${name}/package.json`,
        JSON.stringify({
          name: `@confer/${name}`,
          exports: { '.': './dist/index.js' },
          dependencies: Object.fromEntries(dependencies.map((library) => [library, '1'])),
        }),
      ],
    ]),
    ...[...dependencies, 'vitest'].map((name) => [`node_modules/${name}/index.js`, '']),
  ]);

const IMPORTS: Planted = {
  'shared/src/path.ts': [''],
  'shared/src/good.ts': ["import './path.ts';"],
  'shared/src/node.ts': ["import { join } from 'node:path';", 'node-shared'],
  'shared/src/up.ts': ["import type { X } from '@confer/server';", 'package-shared'],

  'client/src/index.ts': [''],
  'client/src/browser.ts': ["import './far.ts';", 'node-browser'],
  'client/src/far.ts': ["import './away.ts';"],
  'client/src/away.ts': ["import 'node:fs/promises';"],
  'client/src/good.ts': ["import { x } from '@confer/shared';"],
  'client/src/other.ts': ["import type { X } from '@confer/server';", 'package-client'],
  'client/src/own.ts': ["import { connect } from '@confer/client';", 'package-client'],
  'client/src/inside.ts': ["import '@confer/shared/dist/path.js';", 'package-client'],
  'client/src/tests.ts': ["import '@confer/test';", 'package-client'],
  'client/src/other.test.ts': ["import '@confer/server';", 'package-client'],
  'client/src/across.ts': ["export * from '../../shared/src/path.ts';", 'package-left'],
  'client/src/to-index.ts': ["import './index.ts';", 'package-index'],
  'client/src/proven.ts': ["import './other.test.ts';", 'product-without-tests'],
  'client/src/one.ts': ["import { two } from './two.ts';", 'cycle'],
  'client/src/two.ts': ["export type One = import('./one.ts').One;"],
  'client/src/dice.ts': ["import { randomUUID } from 'node:crypto';", 'edge-modules'],
  'client/src/installed.ts': ["import 'vitest';", 'library-shipped'],

  'client/src/api.ts': [''],
  'client/src/status.ts': ["import './watch/watch.ts';", 'client-common'],
  'client/src/platform.ts': [''],
  'client/src/watch/watch.ts': ["import '../requests/requests.ts';\nimport '../api.ts';"],
  'client/src/requests/requests.ts': ["import '../mirror/mirror.ts';", 'client-requests'],
  'client/src/mirror/mirror.ts': ["import '../delivery/channel.ts';"],
  'client/src/delivery/channel.ts': ["import '../platform.ts';", 'client-delivery'],
  'client/src/elsewhere/elsewhere.ts': ["import '../api.ts';", 'client-unknown'],

  'cli/src/a.ts': ["const x = await import('@confer/server');", 'cli-without-server'],
  'cli/src/runs/serve.ts': ["import { createServer } from '@confer/server';"],
  'cli/src/commands/get.ts': ["import { Command } from 'commander';"],
  'cli/src/commands/set.ts': ["import { Command } from 'commander';"],
  'cli/src/output.ts': ["import type { Command } from 'commander';", 'library-commander'],

  'server/src/log.ts': [''],
  'server/src/core.ts': ["import './session/session.ts';"],
  'server/src/open.ts': ["import './engine/lmdb/lmdb.ts';"],
  'server/src/engine/engine.ts': ["import type { Log } from '../log.ts';"],
  'server/src/engine/lmdb/lmdb.ts': ["import 'lmdb';"],
  'server/src/engine/lmdb/rows.ts': ["import type { Database } from 'lmdb';"],
  'node_modules/lmdb/index.js': ['', 'library-server'],
  'server/src/engine/up.ts': ["import type { X } from '../store/store.ts';", 'layer-engine'],
  'server/src/store/store.ts': ["import type { Engine } from '../engine/engine.ts';"],
  'server/src/store/types.ts': ["import { type Engine } from '../engine/engine.ts';"],
  'server/src/store/values.ts': ["import { x } from '../engine/engine.ts';", 'layer-store-types'],
  'server/src/store/made.ts': ["import '../open.ts';", 'layer-engine-handed-in'],
  'server/src/watch/hub.ts': ["import '../store/store.ts';"],
  'server/src/watch/up.ts': ["import type { X } from '../session/session.ts';", 'layer-watch'],
  'server/src/watch/past.ts': ["import type { X } from '../engine/engine.ts';", 'layer-watch'],
  'server/src/watch/around.ts': ["import { Core } from '../core.ts';", 'layer-watch'],
  'server/src/session/session.ts': ["import { Hub } from '../watch/hub.ts';"],
  'server/src/session/socket.ts': ["import type { S } from '../transport/socket.ts';"],
  'server/src/session/all.ts': [
    "import { s } from '../transport/socket.ts';",
    'layer-session-types',
  ],
  'server/src/session/uws.ts': ["import type { S } from '../transport/uws.ts';", 'layer-session'],
  'server/src/transport/socket.ts': [''],
  'server/src/transport/uws.ts': [''],
  'server/src/transport/down.ts': ["import '../watch/hub.ts';", 'layer-transport'],
  'server/src/elsewhere/a.ts': ["import '../store/store.ts';", 'layer-unknown'],
};

const DEAD: Files = {
  'client/src/index.ts': "export { connect } from './client.ts';",
  'client/src/client.ts': "import { type A, b } from './a.ts';\nexport const connect: A = b;",
  'client/src/a.ts':
    'export interface A { b: B }\nexport interface B {}\nexport type C = 1;\n' +
    'export const b = {};\nexport function d() {}',
  'client/src/old.ts': 'export class Old {}',
  'client/src/helper.ts': 'export const help = 1;',
  'client/src/a.test.ts': "import 'ws';\nimport { help } from './helper.ts';\nhelp;",
};

const lines = (count: number) => 'f();\n'.repeat(count);
const method = (count: number) => `export class A {\n  m() {\n${lines(count)}  }\n}\n`;

const LINT: Planted = {
  'client/src/file.ts': [lines(300)],
  'client/src/large-file.ts': [lines(301), 'noExcessiveLinesPerFile'],
  'client/src/a.test.ts': [lines(400)],
  'client/src/large.test.ts': [lines(401), 'noExcessiveLinesPerFile'],
  'client/src/method.ts': [method(58)],
  'client/src/large-method.ts': [method(59), 'noExcessiveLinesPerFunction'],
  'client/src/chapter.test.ts': [method(100)],
  'client/src/index.ts': ["export * from './a.ts';"],
  'client/src/barrel.ts': ["export * from './a.ts';", 'noBarrelFile', 'noReExportAll'],
  'client/src/any.ts': ['export const x = <any>y;', 'noExplicitAny'],
  'client/src/absent.ts': ['export const x = y!.z;', 'noNonNullAssertion'],
};

describe('the tools of `pnpm check`', { timeout: 60_000 }, () => {
  it('find each import that breaks a rule, and no other', async () => {
    const files = { ...packaged('commander', 'lmdb'), ...textsOf(IMPORTS) };
    const args = ['.', '--output-type', 'json', '--config', `${ROOT}.dependency-cruiser.mjs`];
    const { stdout } = await runWith(files, CRUISE, args);
    const cruised: { summary: { violations: { from: string; rule: { name: string } }[] } } =
      JSON.parse(stdout);
    const found = cruised.summary.violations.map(({ from, rule }) => `${from} ${rule.name}`);
    expect(sorted(found)).toEqual(sorted(rulesOf(IMPORTS)));
  });

  it.each([
    [[], ['old.ts', 'd', 'C']],
    [
      ['--production', '--include', 'files,dependencies'],
      ['old.ts', 'helper.ts', 'ws'],
    ],
  ])('find what is dead with knip %j', async (options, dead) => {
    const knip = { 'knip.json': readFileSync(`${ROOT}knip.json`, 'utf8') };
    const args = ['--reporter', 'json', '--workspace', 'client', ...options];
    const { stdout } = await runWith({ ...packaged('ws'), ...knip, ...DEAD }, KNIP, args);
    const found = [...stdout.matchAll(/"name":"(?:client\/src\/)?([^"]+)"/g)];
    expect(sorted(found.map(([, name = '']) => name))).toEqual(sorted(dead));
  });

  it('find what is too large, and ways around the types', async () => {
    const files = { ...textsOf(LINT), 'biome.json': readFileSync(`${ROOT}biome.json`, 'utf8') };
    const args = ['lint', '--reporter=json', '--max-diagnostics=none', '--vcs-enabled=false'];
    const { stdout } = await runWith(files, BIOME, args);
    const { diagnostics }: { diagnostics: { category: string; location: { path: string } }[] } =
      JSON.parse(stdout);
    const found = diagnostics.map(
      ({ category, location }) => `${location.path} ${category.split('/').at(-1)}`,
    );
    expect(sorted(found)).toEqual(sorted(rulesOf(LINT)));
  });
});
