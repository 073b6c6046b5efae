import { describe, expect, it } from 'vitest';
import { type Import, importsOf } from './imports.ts';
import { allSources, PACKAGES, parse, productSources, type Source } from './source.ts';

/** Which package may know which. Tests in a package keep to the same arrows. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  server: ['shared'],
  client: ['shared'],
  cli: ['client', 'shared', 'server'],
};
/** The command line is only a client, except where it starts a server or keeps a server's data. */
const KNOW_THE_SERVER = ['cli/src/commands/serve.ts', 'cli/src/commands/data.ts'];

function arrowProblems(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => source.package !== 'test')
    .flatMap(importsOf)
    .flatMap((each) => arrowProblem(each) ?? []);
}

function arrowProblem({ source, specifier, target, place }: Import): string | undefined {
  const from = source.package;
  if (target !== undefined && !target.startsWith(`${from}/`))
    return `${place} leaves its package: import the package by its name instead of ${specifier}`;
  if (!specifier.startsWith('@confer/')) return undefined;
  const to = specifier.slice('@confer/'.length);
  if (to === from) return `${place} imports its own package: import the file`;
  if (to.includes('/'))
    return `${place} reaches into a package: import @confer/${to.split('/')[0]}`;
  if (!ARROWS[from]?.includes(to)) return `${place}: ${from} must not know ${to}`;
  if (from === 'cli' && to === 'server' && !KNOW_THE_SERVER.includes(source.path) && !source.isTest)
    return `${place}: only ${KNOW_THE_SERVER.join(' and ')} may know the server`;
  return undefined;
}

/** The index is for other packages: inside, it would tie every file to every other. */
function barrelProblems(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => source.package !== 'test')
    .flatMap(importsOf)
    .filter(({ target }) => target?.endsWith('/index.ts'))
    .map(({ place }) => `${place} imports an index: import the file that has it`);
}

function cycleProblems(sources: readonly Source[]): string[] {
  const targets = new Map(
    sources.map((source) => [source.path, importsOf(source).flatMap(({ target }) => target ?? [])]),
  );
  const done = new Set<string>();
  const problems: string[] = [];
  const walk = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) problems.push(`a cycle: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start !== -1 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return problems;
}

describe('the arrows between packages', () => {
  it('are kept', () => {
    expect(arrowProblems(allSources())).toEqual([]);
  });

  it('are defined for every package', () => {
    expect(Object.keys(ARROWS).sort()).toEqual([...PACKAGES].sort());
  });

  it.each([
    ['shared/src/a.ts', "import { x } from '@confer/client';", 'must not know client'],
    ['client/src/a.ts', "import type { X } from '@confer/server';", 'must not know server'],
    ['cli/src/a.ts', "import { x } from '@confer/server';", 'may know the server'],
    ['cli/src/a.ts', "const x = await import('@confer/server');", 'may know the server'],
    ['client/src/a.ts', "export * from '../../shared/src/path.ts';", 'leaves its package'],
    ['client/src/a.ts', "type X = import('../../test/x.ts').X;", 'leaves its package'],
    ['server/src/a.ts', "import { x } from '@confer/test';", 'must not know test'],
    ['client/src/a.ts', "import { x } from '@confer/shared/dist/path.js';", 'reaches into'],
    ['client/src/a.ts', "import { x } from '@confer/client';", 'its own package'],
  ])('would be missed in %s: %s', (path, text, problem) => {
    expect(arrowProblems([parse(path, text)])).toEqual([expect.stringContaining(problem)]);
  });
});

describe('inside a package', () => {
  it('nobody imports the index', () => {
    expect(barrelProblems(allSources())).toEqual([]);
    expect(barrelProblems([parse('client/src/x/a.ts', "import '../index.ts';")])).toHaveLength(1);
  });

  it('there are no cycles, not even of types', () => {
    expect(cycleProblems(productSources())).toEqual([]);
  });

  it('a cycle would be found', () => {
    const sources = [
      parse('client/src/a.ts', "import { b } from './x/b.ts';"),
      parse('client/src/x/b.ts', "import type { A } from '../a.ts';"),
      parse('client/src/c.ts', "import './a.ts';"),
    ];
    expect(cycleProblems(sources)).toEqual([
      'a cycle: client/src/a.ts -> client/src/x/b.ts -> client/src/a.ts',
    ]);
  });
});
