import { describe, expect, test } from 'vitest';
import {
  commit,
  entry,
  giveState,
  put,
  startConnected,
  startMirrored,
} from '../test-support/scene.ts';

const clear = (path: string, entries: number) =>
  ({ type: 'clear', path, cause: 'removed', entries }) as const;

describe('a commit that cleared a subtree', () => {
  test('W4: is one change, with every delete by name and what went', () => {
    const { changes, mirror, server, watch } = startMirrored();
    const [a, b, c] = mirror.list();
    const commits = [commit(6, clear('/app', 2), put('/app/b', 'B'))];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    expect(changes).toMatchObject([
      {
        revision: 6,
        origin: 'live',
        changes: [
          { type: 'delete', path: '/app/a', cause: 'removed', prev: a },
          { type: 'put', path: '/app/b', prev: b },
          { type: 'delete', path: '/app/c', cause: 'removed', prev: c },
        ],
      },
    ]);
    expect(mirror.list().map(({ path }) => path)).toEqual(['/app/b']);
  });

  test('S6: takes what is below it and no sibling', () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const paths = ['/app', '/app/x', '/app/x/1', '/app/x-y', '/app/xy'];
    const watch = giveState(server, 5, ...paths.map((path) => entry(path, '1')));
    const commits = [commit(6, clear('/app/x', 2))];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    expect(mirror.list().map(({ path }) => path)).toEqual(['/app', '/app/x-y', '/app/xy']);
  });

  test('W7: that counts otherwise than the mirror is reported, and all is asked for again', async () => {
    const { changes, clock, errors, mirror, server, watch } = startMirrored();
    const commits = [commit(6, clear('/app', 4)), commit(7, put('/app/d', 'd'))];
    server.say({ type: 'commits', watch, from: 5, to: 7, commits });
    expect(errors).toMatchObject([{ code: 'internal', path: '/app' }]);
    expect(changes).toEqual([]);
    expect(mirror).toMatchObject({ status: 'stale', revision: 5, size: 3 });
    await clock.advance(250);
    giveState(server, 7, entry('/app/d', 'd', 7));
    expect(mirror).toMatchObject({ status: 'live', revision: 7, size: 1 });
  });

  test('W3: makes an event watch ask anew, which can be told no clears', () => {
    const { client, server } = startConnected();
    const events = client.watch('/app');
    const watch = server.acceptWatch(5);
    const commits = [commit(6, clear('/app', 2))];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    expect(server.sent.at(-1)).toMatchObject({ type: 'unwatch', watch });
    expect(events.position).toMatchObject({ revision: 5 });
  });
});
