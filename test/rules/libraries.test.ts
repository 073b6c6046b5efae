import { describe, expect, it } from 'vitest';
import { type Import, importsOf } from './imports.ts';
import { reachable } from './reach.ts';
import { PACKAGES, parse, productSources, readText, type Source } from './source.ts';

/**
 * A third-party library is used in one file of a package, so that it can be replaced by rewriting
 * that file. These are the exceptions.
 */
const MANY_FILES: Readonly<Record<string, RegExp>> = {
  // Each command declares its own arguments and options.
  'cli commander': /^cli\/src\/(program|(commands|verbs)\/[\w-]+)\.ts$/,
};

const isThirdParty = ({ specifier }: Import) => !/^(\.|node:|@confer\/)/.test(specifier);

function libraryProblems(sources: readonly Source[]): string[] {
  const files = new Map<string, Set<string>>();
  for (const each of sources.flatMap(importsOf).filter(isThirdParty)) {
    const use = `${each.source.package} ${each.specifier}`;
    if (MANY_FILES[use]?.test(each.source.path)) continue;
    files.set(use, (files.get(use) ?? new Set()).add(each.source.path));
  }
  return [...files]
    .filter(([use, paths]) => paths.size > (MANY_FILES[use] === undefined ? 1 : 0))
    .map(([use, paths]) => `${use} belongs in one place, not in ${[...paths].sort().join(', ')}`);
}

function browserProblems(sources: readonly Source[]): string[] {
  const inBrowser = reachable(sources, ['client/src/browser.ts']);
  return sources
    .filter((source) => inBrowser.has(source.path))
    .flatMap(importsOf)
    .filter(({ specifier, typeOnly }) => !typeOnly && /^(node:|ws$)/.test(specifier))
    .map(({ place, specifier }) => `${place}: a browser has no ${specifier}`);
}

function dependenciesOf(name: string): string[] {
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(
    readText(`${name}/package.json`),
  );
  return Object.keys(manifest.dependencies ?? {}).sort();
}

describe('third-party libraries', () => {
  it('are used in one file of a package', () => {
    expect(libraryProblems(productSources())).toEqual([]);
  });

  it('would be found in a second file, however they are imported', () => {
    const problems = libraryProblems([
      parse('server/src/engine/lmdb/open.ts', "import { open } from 'lmdb';"),
      parse('server/src/engine/lmdb/layout.ts', "import type { Database } from 'lmdb';"),
      parse('server/src/a.ts', "type Api = typeof import('uWebSockets.js');"),
      parse('server/src/b.ts', "const api = await import('uWebSockets.js');"),
      parse('client/src/ws.ts', "import { WebSocket } from 'ws';"),
      parse('cli/src/commands/get.ts', "import { Command } from 'commander';"),
      parse('cli/src/output.ts', "import type { Command } from 'commander';"),
    ]);
    expect(problems).toEqual([
      'server lmdb belongs in one place, not in server/src/engine/lmdb/layout.ts, server/src/engine/lmdb/open.ts',
      'server uWebSockets.js belongs in one place, not in server/src/a.ts, server/src/b.ts',
      'cli commander belongs in one place, not in cli/src/output.ts',
    ]);
  });

  it.each(PACKAGES)('of %s are exactly its dependencies', (name) => {
    const used = productSources()
      .filter((source) => source.package === name)
      .flatMap(importsOf)
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(\.|node:)/.test(specifier));
    expect([...new Set(used)].sort()).toEqual(dependenciesOf(name));
  });
});

describe('what browsers load', () => {
  it('needs nothing of Node', () => {
    expect(browserProblems(productSources())).toEqual([]);
  });

  it('would be found, however far away', () => {
    const sources = [
      parse('client/src/browser.ts', "export { connect } from './client.ts';"),
      parse('client/src/client.ts', "import { readFile } from 'node:fs/promises';"),
      parse('client/src/index.ts', "import 'ws';"),
    ];
    expect(browserProblems(sources)).toEqual([
      'client/src/client.ts:1: a browser has no node:fs/promises',
    ]);
  });
});

describe('the protocol package', () => {
  it('knows neither Node nor the browser', () => {
    const imports = productSources()
      .filter((source) => source.package === 'shared')
      .flatMap(importsOf);
    expect(imports.filter(({ specifier }) => specifier.startsWith('node:'))).toEqual([]);
  });
});
