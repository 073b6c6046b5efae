import { jsonAnswer } from './answers.ts';
import { countsOf, flagsOf } from './parameters.ts';
import { readHeaders } from './read-headers.ts';
import type { Call, KnownRoute } from './route.ts';

/** What was: of one entry, and of all commits of a subtree. */
export const historyRoutes: readonly KnownRoute[] = [
  {
    ...{ method: 'GET', pattern: '/v1/history/*', query: ['at', 'limit'], access: 'known' },
    handle: history,
  },
  {
    ...{ method: 'GET', pattern: '/v1/log/*', query: ['at', 'after', 'limit', 'values'] },
    ...{ access: 'known', handle: log },
  },
];

async function history({ path, query, service, ask }: Call) {
  const {
    type: _,
    id: __,
    ...page
  } = await ask({ type: 'history', id: 0, path, ...countsOf(query, ['at', 'limit']) }, 'logged');
  return jsonAnswer(page, readHeaders(page.revision, service));
}

async function log({ path, query, service, ask }: Call) {
  const after = query.text('after');
  const {
    type: _,
    id: __,
    ...page
  } = await ask(
    {
      ...{ type: 'log', id: 0, path },
      ...countsOf(query, ['at', 'limit']),
      ...flagsOf(query, ['values']),
      ...(after === undefined ? {} : { after }),
    },
    'logged',
  );
  return jsonAnswer(page, readHeaders(page.revision, service));
}
