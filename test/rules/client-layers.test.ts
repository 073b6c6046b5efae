import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { parse, productSources, type Source } from './source.ts';

/** The folders of the client, from the top: each may import what stands after it, and nothing before. */
const LAYERS = ['mirror', 'watch', 'requests', 'connection', 'sockets', 'delivery', 'validation'];
/** What users see, beside the folders: every layer may import it, and it imports no layer. */
const COMMON = ['api.ts', 'diagnostics.ts', 'errors.ts', 'status.ts'];
const HOME = 'client/src/';

/** Other files beside the folders put the client together: they may import anything, and no layer them. */
function layerProblems(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith(HOME) && (isInFolder(path) || isCommon(path)))
    .flatMap((source) =>
      importsOf(source).flatMap(({ target, place }) =>
        target === undefined ? [] : (problem(source.path, target, place) ?? []),
      ),
    );
}

function problem(path: string, target: string, place: string): string | undefined {
  if (isCommon(target)) return undefined;
  const from = layerOf(path);
  if (isCommon(path)) return `${place}: ${from} serves all layers`;
  if (!LAYERS.includes(from)) return `${place}: say in LAYERS where ${from}/ stands`;
  return LAYERS.indexOf(layerOf(target)) >= LAYERS.indexOf(from)
    ? undefined
    : `${place}: ${from} must not know ${target.slice(HOME.length)}`;
}

const layerOf = (path: string) => path.slice(HOME.length).split('/')[0] ?? '';
const isInFolder = (path: string) => path.slice(HOME.length).includes('/');
const isCommon = (path: string) => COMMON.includes(path.slice(HOME.length));

describe('the layers of the client', () => {
  it('know only what lies below them', () => {
    expect(layerProblems(productSources())).toEqual([]);
  });

  it.each([
    [
      'connection/a.ts',
      "import type { Requests } from '../requests/requests.ts';",
      'must not know',
    ],
    [
      'watch/a.ts',
      "import { Replica } from '../mirror/replica.ts';",
      'must not know mirror/replica',
    ],
    ['sockets/a.ts', "import { x } from '../platform.ts';", 'must not know platform.ts'],
    ['mirror/a.ts', "import { createClient } from '../client.ts';", 'must not know client.ts'],
    ['api.ts', "import type { WatchState } from './watch/watch-state.ts';", 'serves all layers'],
    ['config/a.ts', "import { Mirror } from '../mirror/mirror.ts';", 'say in LAYERS'],
  ])('would be broken by %s with %s', (path, text, expected) => {
    expect(layerProblems([parse(HOME + path, text)])).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['mirror/a.ts', "import { Requests } from '../requests/requests.ts';"],
    ['connection/a.ts', "import type { Socket } from '../sockets/socket.ts';"],
    ['watch/a.ts', "import { x } from './b.ts';\nimport { y } from '../delivery/channel.ts';"],
    ['validation/a.ts', "import { ConferError } from '../errors.ts';"],
    ['api.ts', "import type { Diagnostics } from './diagnostics.ts';"],
    ['client.ts', "import { Mirrors } from './mirror/mirrors.ts';"],
  ])('allow %s with %s', (path, text) => {
    expect(layerProblems([parse(HOME + path, text)])).toEqual([]);
  });
});
