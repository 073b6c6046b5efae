import type { Commit, WireCommit } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import type { Watch, WatchOptions } from '../api.ts';
import { CompactedError } from '../errors.ts';
import { commit, entry, put, startConnected } from '../test-support/scene.ts';

function startWatching(options: WatchOptions = {}) {
  const scene = startConnected();
  const watch = scene.client.watch('/app', options);
  const name = scene.server.acceptWatch(5);
  return { ...scene, watch, name };
}

async function take(watch: Watch, count: number): Promise<Commit[]> {
  const commits: Commit[] = [];
  while (commits.length < count) {
    const { value } = await watch.next();
    if (value === undefined) break;
    commits.push(value);
  }
  return commits;
}

const one = (revision: number): WireCommit => commit(revision, put('/app/a', `${revision}`));

const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => one(from + 1 + i));

const compacted = (watch: string) =>
  ({
    type: 'compacted',
    watch,
    reason: 'compacted',
    epoch: 'e1',
    compactedRevision: 50,
    revision: 90,
  }) as const;

describe('an event watch', () => {
  test('W1: hands out every commit from its start on', async () => {
    const { name, server, watch } = startWatching();
    expect(await watch.started()).toEqual({ epoch: 'e1', revision: 5 });
    const next = watch.next();
    server.say({ type: 'commits', watch: name, from: 5, to: 7, commits: [one(6), one(7)] });
    expect((await next).value).toEqual({
      revision: 6,
      time: 1,
      actor: 'test',
      changes: [
        { type: 'put', path: '/app/a', entry: { ...entry('/app/a', '6', 1), modRevision: 6 } },
      ],
    });
    expect(await take(watch, 1)).toMatchObject([{ revision: 7 }]);
  });

  test('asks the server for what its options say', () => {
    const { client, server } = startConnected();
    const after = { epoch: 'e0', revision: 3 };
    client.watch('/app', { after, prev: true });
    expect(server.take('watch')).toMatchObject({ path: '/app', mode: 'events', after, prev: true });
  });

  test('is shared with nobody, even for the same subtree', async () => {
    const { client, name, server, watch } = startWatching();
    const other = client.watch('/app');
    const otherName = server.acceptWatch(5);
    watch.close();
    expect(server.take('unwatch').watch).toBe(name);
    server.say({ type: 'commits', watch: otherName, from: 5, to: 6, commits: [one(6)] });
    expect(await take(other, 1)).toMatchObject([{ revision: 6 }]);
  });

  test('has the position up to which its commits were handed out', async () => {
    const { name, server, watch } = startWatching();
    server.say({ type: 'commits', watch: name, from: 5, to: 10, commits: [one(7), one(9)] });
    expect(watch.position).toEqual({ epoch: 'e1', revision: 6 });
    await watch.next();
    expect(watch.position).toEqual({ epoch: 'e1', revision: 8 });
    await watch.next();
    expect(watch.position).toEqual({ epoch: 'e1', revision: 10 });
    server.say({ type: 'heartbeat', revision: 20 });
    expect(watch.position).toEqual({ epoch: 'e1', revision: 20 });
  });

  test('W5 W2: continues after its position on another connection', async () => {
    const { clock, name, network, server, watch } = startWatching();
    server.say({ type: 'commits', watch: name, from: 5, to: 6, commits: [one(6)] });
    server.end();
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.sent[1]).toMatchObject({ after: { epoch: 'e1', revision: 6 } });
    const again = network.last.acceptWatch();
    const commits = [one(6), one(8)];
    network.last.say({ type: 'commits', watch: again, from: 5, to: 8, commits });
    expect((await take(watch, 2)).map(({ revision }) => revision)).toEqual([6, 8]);
  });
});

describe('a slow reader of an event watch', () => {
  test('W10: makes the watch leave the server, and resume when half is read', async () => {
    const { name, server, watch } = startWatching();
    server.say({ type: 'commits', watch: name, from: 5, to: 1_005, commits: many(5, 1_005) });
    expect(server.untaken).toEqual([]);
    server.say({ type: 'commits', watch: name, from: 1_005, to: 1_006, commits: [one(1_006)] });
    expect(server.take('unwatch').watch).toBe(name);
    server.say({ type: 'commits', watch: name, from: 1_006, to: 1_007, commits: [one(1_007)] });
    await take(watch, 500);
    expect(server.untaken).toEqual([]);
    await take(watch, 1);
    expect(server.sent).toMatchObject([{ type: 'watch', after: { epoch: 'e1', revision: 1_006 } }]);
    const again = server.acceptWatch();
    server.say({ type: 'commits', watch: again, from: 1_006, to: 1_007, commits: [one(1_007)] });
    const rest = await take(watch, 501);
    expect(rest.at(-1)?.revision).toBe(1_007);
    expect(rest).toHaveLength(501);
  });

  test('W10: is held back by few large commits, too, which count by their size', () => {
    const { name, server } = startWatching();
    const value = 'x'.repeat(1024 * 1024);
    for (let revision = 6; revision <= 21; revision++)
      server.say({
        type: 'commits',
        watch: name,
        from: revision - 1,
        to: revision,
        commits: [commit(revision, put('/app/a', value))],
      });
    expect(server.take('unwatch').watch).toBe(name);
  });

  test('that is held back over a lost connection resumes on the next one', async () => {
    const { clock, name, network, server, watch } = startWatching();
    server.say({ type: 'commits', watch: name, from: 5, to: 1_006, commits: many(5, 1_006) });
    server.end();
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello']);
    await take(watch, 501);
    expect(network.last.untaken).toEqual(['hello', 'watch']);
  });

  test('W3: is told of a compaction after the commits that came before it', async () => {
    const { name, server, watch } = startWatching();
    server.say({ type: 'commits', watch: name, from: 5, to: 6, commits: [one(6)] });
    server.say(compacted(name));
    expect(await take(watch, 1)).toMatchObject([{ revision: 6 }]);
    const next = watch.next();
    await expect(next).rejects.toBeInstanceOf(CompactedError);
    await expect(next).rejects.toMatchObject({
      code: 'compacted',
      reason: 'compacted',
      compactedRevision: 50,
    });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    expect(server.untaken).toEqual([]);
  });
});

describe('a position that cannot be continued', () => {
  test('W3: is not passed over when the connection breaks before `compacted`', async () => {
    const after = { epoch: 'e1', revision: 3 };
    const { client, clock, network, server } = startConnected();
    const watch = client.watch('/app', { after });
    const started = watch.started();
    started.catch(() => {});
    const { id } = server.take('watch');
    server.say({ type: 'watching', id, watch: 'w1', revision: 90 });
    server.say({ type: 'heartbeat', revision: 90 });
    server.end();
    await clock.advance(250);
    network.last.welcome({ revision: 90 });
    const again = network.last.take('watch');
    expect(again.after).toEqual(after);
    network.last.say({ type: 'watching', id: again.id, watch: 'w1', revision: 90 });
    network.last.say(compacted('w1'));
    await expect(started).rejects.toBeInstanceOf(CompactedError);
    expect(watch.position).toEqual(after);
    await expect(watch.started()).rejects.toBeInstanceOf(CompactedError);
  });

  test('is an error of its own when it lies in the future', async () => {
    const { client, server } = startConnected();
    const watch = client.watch('/app', { after: { epoch: 'e1', revision: 99 } });
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'future_revision', message: 'not yet' });
    await expect(watch.next()).rejects.toMatchObject({ code: 'future_revision' });
  });
});

describe('closing an event watch', () => {
  test('ends who waits for a commit, and who waits for it to start', async () => {
    const { client } = startConnected();
    const watch = client.watch('/app');
    const [next, started] = [watch.next(), watch.started()];
    watch.close();
    watch.close();
    expect(await next).toEqual({ done: true, value: undefined });
    await expect(started).rejects.toMatchObject({ code: 'closed' });
  });

  test('can be done by its signal', async () => {
    const controller = new AbortController();
    const { name, server, watch } = startWatching({ signal: controller.signal });
    const next = watch.next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(server.take('unwatch').watch).toBe(name);
  });

  test('is done by leaving the loop', async () => {
    const { name, server, watch } = startWatching();
    server.say({ type: 'commits', watch: name, from: 5, to: 7, commits: [one(6), one(7)] });
    for await (const { revision } of watch) {
      expect(revision).toBe(6);
      break;
    }
    expect(server.take('unwatch').watch).toBe(name);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test('can be done before it began', async () => {
    const { client, server } = startConnected();
    const watch = client.watch('/app', { signal: AbortSignal.abort() });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    server.acceptWatch();
    expect(server.untaken).toEqual(['unwatch']);
  });
});
