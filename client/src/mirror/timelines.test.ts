import type { DownMessage } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import type { MirrorChange } from '../api.ts';
import { commit, entry, giveState, put, startClient } from '../test-support/scene.ts';

/** A client that is connected to a server on timeline t1; `reconnect` goes on with another start of it. */
function start() {
  const scene = startClient();
  scene.network.last.welcome({ timeline: 't1' });
  const reconnect = async (timeline?: string, revision = 0) => {
    scene.network.last.end();
    await scene.clock.advance(1_000);
    scene.network.last.welcome(timeline === undefined ? {} : { timeline, revision });
    return scene.network.last;
  };
  return { ...scene, server: scene.network.last, reconnect };
}

/** With a live mirror of /app at revision 5 of t1. */
function startMirrored() {
  const scene = start();
  const mirror = scene.client.mirror('/app');
  const watch = giveState(scene.server, 5, entry('/app/a', 'a', 2), entry('/app/b', 'b', 5));
  const changes: MirrorChange[] = [];
  mirror.on('change', (change) => changes.push(change));
  return { ...scene, mirror, watch, changes };
}

const epoch = (watch: string): DownMessage => ({
  type: 'resync',
  watch,
  reason: 'epoch',
  epoch: 'e1',
});

describe('a position', () => {
  test('W5: of a mirror names the timeline that it was reached on until it moves', async () => {
    const { mirror, reconnect, server, watch } = startMirrored();
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 5, timeline: 't1' });
    server.say({ type: 'heartbeat', revision: 6 });
    const commits = [commit(7, put('/app/a', '7'))];
    server.say({ type: 'commits', watch, from: 5, to: 7, commits });
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 7, timeline: 't1' });
    const second = await reconnect('t2');
    const after = { epoch: 'e1', revision: 7, timeline: 't1' };
    expect(mirror.position).toEqual(after);
    expect(second.sent[1]).toMatchObject({ type: 'watch', after });
    const third = await reconnect('t3');
    expect(third.sent[1]).toMatchObject({ type: 'watch', after });
    third.say({ type: 'synced', watch: third.acceptWatch(), revision: 7 });
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 7, timeline: 't3' });
  });

  test('W5: of an event watch names its timeline too, and so does where the watch started', async () => {
    const { client, reconnect, server } = start();
    const after = { epoch: 'e1', revision: 3, timeline: 't0' };
    const watch = client.watch('/app', { after });
    expect(server.sent[1]).toMatchObject({ after });
    const name = server.acceptWatch();
    expect(await watch.started()).toEqual(after);
    const commits = [commit(4, put('/app/a', '4')), commit(6, put('/app/a', '6'))];
    server.say({ type: 'commits', watch: name, from: 3, to: 6, commits });
    await reconnect('t2');
    expect(watch.position).toEqual({ epoch: 'e1', revision: 3, timeline: 't1' });
    await watch.next();
    await watch.next();
    expect(watch.position).toEqual({ epoch: 'e1', revision: 6, timeline: 't1' });
    expect(client.diagnostics().watches).toMatchObject([{ position: { timeline: 't1' } }]);
  });

  test('names no timeline where the server names none', async () => {
    const { mirror, reconnect } = startMirrored();
    const old = await reconnect();
    expect(old.sent[1]).toMatchObject({ after: { timeline: 't1' } });
    old.say({ type: 'synced', watch: old.acceptWatch(), revision: 6 });
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 6 });
    const again = await reconnect();
    expect(again.sent[1]).toMatchObject({ after: { epoch: 'e1', revision: 6 } });
    expect(JSON.stringify(again.sent[1])).not.toContain('timeline');
  });
});

describe('a copy that was put back by hand, of the same epoch', () => {
  test('W7: is shown at `synced`, older as it is, and told with what has another value by the same number', async () => {
    const { changes, mirror, reconnect } = startMirrored();
    const copy = await reconnect('t2', 3);
    const watch = copy.acceptWatch();
    copy.say(epoch(watch));
    expect(mirror).toMatchObject({ status: 'stale', revision: 5 });
    const a = mirror.get('/app/a');
    const entries = [entry('/app/a', 'a', 2)];
    copy.say({ type: 'snapshot', watch, revision: 3, entries });
    copy.say({ type: 'synced', watch, revision: 3 });
    expect(mirror).toMatchObject({ status: 'live', revision: 3, size: 1 });
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 3, timeline: 't2' });
    expect(mirror.get('/app/a')).toBe(a);
    expect(changes).toMatchObject([{ revision: 3, changes: [{ type: 'delete', path: '/app/b' }] }]);
  });

  test('W7: an entry with the number that is held, and another value, is another entry', async () => {
    const { changes, mirror, reconnect } = startMirrored();
    const copy = await reconnect('t2', 5);
    const watch = copy.acceptWatch();
    copy.say(epoch(watch));
    const entries = [entry('/app/a', 'a', 2), entry('/app/b', 'other', 5)];
    copy.say({ type: 'snapshot', watch, revision: 5, entries });
    copy.say({ type: 'synced', watch, revision: 5 });
    expect(mirror.value('/app/b')).toBe('other');
    expect(changes).toMatchObject([{ changes: [{ path: '/app/b', prev: { value: 'b' } }] }]);
  });

  test.each([
    ['on the same timeline', 't1'],
    ['and names none', undefined],
  ])('W9: a server that is behind %s is not shown', async (_, timeline) => {
    const { mirror, reconnect } = startMirrored();
    const old = await reconnect(timeline, 3);
    const watch = old.acceptWatch();
    old.say(epoch(watch));
    old.say({ type: 'synced', watch, revision: 3 });
    expect(mirror).toMatchObject({ status: 'stale', revision: 5, size: 2 });
  });

  test('W3: an event watch is told that it missed something', async () => {
    const { client, reconnect, server } = start();
    const watch = client.watch('/app');
    server.acceptWatch(5);
    const copy = await reconnect('t2', 5);
    const name = copy.acceptWatch();
    copy.say({
      type: 'compacted',
      watch: name,
      reason: 'epoch',
      epoch: 'e1',
      compactedRevision: 0,
      revision: 5,
    });
    await expect(watch.next()).rejects.toMatchObject({ code: 'compacted', reason: 'epoch' });
    expect(watch.position).toEqual({ epoch: 'e1', revision: 5, timeline: 't1' });
  });
});

describe('W12 across the starts of a server', () => {
  /** Whether a promise is fulfilled by now. */
  function settled(promise: Promise<unknown>) {
    const seen = { isDone: false };
    void promise.then(() => {
      seen.isDone = true;
    });
    return seen;
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('a write to a copy is not shown by a mirror that is further on in what was before', async () => {
    const { client, mirror, reconnect } = startMirrored();
    const copy = await reconnect('t2', 3);
    const watch = copy.acceptWatch();
    const written = settled(client.set('/app/a', 'new'));
    copy.say(epoch(watch));
    copy.acceptCommit(4);
    await turn();
    expect(written.isDone).toBe(false);
    const entries = [entry('/app/a', 'new', 4)];
    copy.say({ type: 'snapshot', watch, revision: 4, entries });
    copy.say({ type: 'synced', watch, revision: 4 });
    await turn();
    expect(written.isDone).toBe(true);
    expect(mirror.value('/app/a')).toBe('new');
  });

  test('a write from before a restart is shown once the mirror is live again', async () => {
    const { client, mirror, reconnect, server, watch } = startMirrored();
    server.say(epoch(watch));
    const written = settled(client.set('/other', '1'));
    const deleted = settled(client.remove('/', { recursive: true }));
    server.acceptCommit(6);
    server.acceptCommit(7, 0, 1);
    await turn();
    expect([written.isDone, deleted.isDone]).toEqual([true, false]);
    const second = await reconnect('t2', 7);
    const name = second.acceptWatch();
    second.say({ type: 'commits', watch: name, from: 5, to: 6, commits: [] });
    await turn();
    expect(deleted.isDone).toBe(false);
    second.say({ type: 'synced', watch: name, revision: 7 });
    await turn();
    expect(mirror.status).toBe('live');
    expect(deleted.isDone).toBe(true);
  });
});

test('S2: a list whose pages come from two starts of a server begins anew', async () => {
  const { client, reconnect, server } = start();
  const listing = client.list('/app');
  const page = { type: 'listed' as const, revision: 5, folders: [] };
  const first = server.take('list');
  server.say({ ...page, id: first.id, entries: [entry('/app/a', 'a')], next: '/app/a' });
  await Promise.resolve();
  const copy = await reconnect('t2', 5);
  const second = copy.take('list');
  expect(second).toMatchObject({ at: 5, after: '/app/a' });
  copy.say({ ...page, id: second.id, entries: [entry('/app/b', 'b')] });
  await new Promise((resolve) => setImmediate(resolve));
  const anew = copy.take('list');
  expect(anew).not.toHaveProperty('at');
  copy.say({ ...page, id: anew.id, entries: [entry('/app/c', 'c')] });
  expect((await listing).entries).toMatchObject([{ path: '/app/c' }]);
});
