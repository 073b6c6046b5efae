import type { RawSocket } from '../support/raw-socket.ts';
import {
  asked,
  type Cost,
  commit,
  MANY,
  newId,
  newRequestId,
  type Operation,
  puts,
} from './asking.ts';

/** A path of very many versions, written once for all who ask about it. */
async function hotPath(raw: RawSocket): Promise<void> {
  if (hot.firstRevision > 0) return;
  for (let made = 0; made < MANY; made += 500) {
    for (let i = 0; i < 500; i++)
      raw.send({
        ...{ type: 'commit', id: newId(), requestId: newRequestId() },
        operations: puts(() => '/hot-path', 1),
      });
    for (let i = 0; i < 500; i++) {
      const { revision } = await raw.next('committed', 60_000);
      if (hot.firstRevision === 0) hot.firstRevision = Number(revision);
    }
  }
}

const hot = { firstRevision: 0 };

/** All pages of a log, from now to where history begins. */
async function wholeLog(raw: RawSocket, query: Operation): Promise<void> {
  let next: unknown = {};
  while (typeof next === 'object' && next !== null) {
    raw.send({ type: 'log', id: newId(), limit: 1_000, ...query, ...next });
    next = (await raw.next('logged', 60_000)).next;
  }
}

/** The row of `get` about what was. */
export const oldestVersion: Cost = {
  title: 'two hundred times the oldest of 100,000 versions',
  async act(raw) {
    await hotPath(raw);
    await asked(raw, 200, 'got', { type: 'get', path: '/hot-path', at: hot.firstRevision });
  },
};

/** The rows of what reads the past. */
export const pastCosts: { readonly [Type in 'history' | 'log']: readonly Cost[] } = {
  history: [
    {
      title: 'a hundred pages of a path of 100,000 versions, from its oldest and from its newest',
      async act(raw) {
        await hotPath(raw);
        const query = { type: 'history', path: '/hot-path', limit: 1_000 };
        await asked(raw, 50, 'logged', query);
        await asked(raw, 50, 'logged', { ...query, at: hot.firstRevision + 1_200 });
      },
    },
  ],
  log: [
    {
      title: 'all pages of a subtree that nobody wrote to, in a history of 100,000 commits',
      async act(raw) {
        await hotPath(raw);
        await wholeLog(raw, { path: '/rare' });
      },
    },
    {
      title: 'all pages of a commit of 100,000 puts, with values',
      async act(raw) {
        await commit(
          raw,
          puts((i) => `/many/${i}`),
        );
        await wholeLog(raw, { path: '/many', values: true });
      },
    },
    {
      title: 'all pages of a path of 100,000 versions, with values',
      async act(raw) {
        await hotPath(raw);
        await wholeLog(raw, { path: '/hot-path', values: true });
      },
    },
  ],
};
