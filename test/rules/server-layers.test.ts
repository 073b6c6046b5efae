import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { parse, productSources, type Source } from './source.ts';

/**
 * What each layer of the server may import of the others. `types` means that the other side is
 * handed in: the importer knows its shape, and somebody else chooses it.
 */
const LAYERS: Readonly<Record<string, Readonly<Record<string, 'anything' | 'types'>>>> = {
  engine: {},
  store: { engine: 'types' },
  watch: { store: 'anything' },
  auth: {},
  api: { auth: 'types', store: 'anything', watch: 'types' },
  session: {
    auth: 'anything',
    api: 'anything',
    store: 'anything',
    watch: 'anything',
    'transport/socket.ts': 'types',
  },
  transport: {},
};
/** Files beside the layers that every layer may import; they import no layer themselves. */
const COMMON = ['counters.ts', 'errors.ts', 'log.ts', 'row-budget.ts', 'runtime.ts', 'version.ts'];
const HOME = 'server/src/';

function layerProblems(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith(HOME) && (path.split('/').length > 3 || isCommon(path)))
    .flatMap((source) =>
      importsOf(source).flatMap(({ target, typeOnly, place }) =>
        target === undefined ? [] : (problem(source.path, target, typeOnly, place) ?? []),
      ),
    );
}

function problem(path: string, target: string, typeOnly: boolean, place: string) {
  const from = layerOf(path);
  const to = target.slice(HOME.length);
  if (isCommon(path)) return isCommon(target) ? undefined : `${place}: ${from} serves all layers`;
  const allowed = LAYERS[from];
  if (allowed === undefined) return `${place}: say in LAYERS what ${from}/ may import`;
  if (layerOf(target) === from || isCommon(target)) return undefined;
  const how = allowed[to] ?? allowed[layerOf(target)];
  if (how === undefined) return `${place}: ${from} must not know ${to}`;
  return how === 'types' && !typeOnly
    ? `${place}: ${from} may know the types of ${to} only`
    : undefined;
}

const layerOf = (path: string) => path.slice(HOME.length).split('/')[0] ?? '';
const isCommon = (path: string) => COMMON.includes(posix.relative(HOME, path));

describe('the layers of the server', () => {
  it('know only what lies below them', () => {
    expect(layerProblems(productSources())).toEqual([]);
  });

  it.each([
    ['engine/a.ts', "import type { X } from '../store/store.ts';", 'must not know'],
    ['store/a.ts', "import { open } from '../engine/engine.ts';", 'types of engine/engine.ts only'],
    ['watch/a.ts', "import type { X } from '../session/session.ts';", 'must not know'],
    ['session/a.ts', "import { x } from '../transport/socket.ts';", 'types of transport/socket.ts'],
    ['session/a.ts', "import type { X } from '../transport/uws.ts';", 'must not know'],
    ['transport/a.ts', "import '../watch/hub.ts';", 'must not know'],
    ['watch/a.ts', "import { Core } from '../core.ts';", 'must not know'],
    ['log.ts', "import { x } from './store/store.ts';", 'serves all layers'],
    ['lease/a.ts', "import { x } from '../store/store.ts';", 'say in LAYERS'],
  ])('would be broken by %s with %s', (path, text, expected) => {
    expect(layerProblems([parse(HOME + path, text)])).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['store/a.ts', "import type { Engine } from '../engine/engine.ts';"],
    ['store/a.ts', "import { type Engine } from '../engine/engine.ts';"],
    ['session/a.ts', "import { Hub } from '../watch/hub.ts';"],
    ['session/a.ts', "import type { Socket } from '../transport/socket.ts';"],
    ['engine/a.ts', "import { x } from './b.ts';\nimport type { Log } from '../log.ts';"],
  ])('allow %s with %s', (path, text) => {
    expect(layerProblems([parse(HOME + path, text)])).toEqual([]);
  });
});
