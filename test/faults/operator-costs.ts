import { isLong } from '../support/extent.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { asked, type Cost, newId } from './asking.ts';

type Asked = 'status' | 'counters' | 'listSubscribers' | 'listSessions';

/** As many as a server of usual memory holds beside what asks. */
const PEERS = isLong ? 200 : 50;
const WATCHES = 1_000;

/** So many connections, each with that many watches of paths as long as they may be. */
async function watching(url: string): Promise<RawSocket[]> {
  const peers = await Promise.all(Array.from({ length: PEERS }, () => RawSocket.welcomed(url)));
  const long = `/l${'/segment'.repeat(60)}`;
  for (const peer of peers) {
    for (let i = 0; i < WATCHES; i++)
      peer.send({ type: 'watch', id: newId(), path: `${long}/${i}`, mode: 'events' });
    for (let i = 0; i < WATCHES; i++) await peer.next('watching', 60_000);
  }
  return peers;
}

/** All pages, one after another. */
async function allSessions(raw: RawSocket, query: Readonly<Record<string, unknown>>) {
  let after: unknown;
  do {
    raw.send({
      type: 'listSessions',
      id: newId(),
      ...query,
      ...(after === undefined ? {} : { after }),
    });
    const { next } = await raw.next('sessions', 60_000);
    after = next;
  } while (after !== undefined);
}

/** What operators ask. */
export const operatorCosts: Readonly<Record<Asked, readonly Cost[]>> = {
  status: [
    { title: 'five hundred at once', act: (raw) => asked(raw, 500, 'status', { type: 'status' }) },
  ],
  counters: [
    {
      title: 'five hundred at once',
      act: (raw) => asked(raw, 500, 'counters', { type: 'counters' }),
    },
  ],
  listSubscribers: [
    {
      title: 'a hundred times, of five hundred connections with a hundred reports each',
      async act(raw, url) {
        const rejected = { revision: 1, reason: 'x'.repeat(300) };
        const peers = await Promise.all(Array.from({ length: 500 }, () => RawSocket.welcomed(url)));
        for (const peer of peers)
          for (let path = 0; path < 100; path++)
            peer.send({ type: 'report', id: path, path: `/b/${path}`, rejected });
        for (const peer of peers)
          for (let path = 0; path < 100; path++) await peer.next('reported', 60_000);
        await asked(raw, 100, 'subscribers', { type: 'listSubscribers', path: '/b' });
        for (const peer of peers) peer.close();
      },
    },
  ],
  listSessions: [
    {
      title:
        'all pages of two hundred connections with a thousand watches each, of all, a path and nothing',
      async act(raw, url) {
        const peers = await watching(url);
        const asker = await RawSocket.welcomed(url);
        for (const query of [{}, { path: '/l' }, { path: '/nothing' }, { slowest: 100 }])
          await allSessions(asker, query);
        asker.close();
        // One after another: what it costs that all go at once is not asked here.
        for (const peer of peers) {
          peer.close();
          await peer.end();
          await asked(raw, 1, 'status', { type: 'status' });
        }
      },
    },
  ],
};
