import type { Commits } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { commit, del, entry, giveState, put, startMirrored } from '../test-support/scene.ts';

describe('listeners of a mirror', () => {
  const next = (watch: string, revision: number): Commits => ({
    type: 'commits',
    watch,
    from: revision - 1,
    to: revision,
    commits: [commit(revision, put('/app/a', `${revision}`))],
  });

  test('that throw are reported and stop nobody', () => {
    const { changes, errors, mirror, server, watch } = startMirrored();
    const error = new Error('my listener');
    mirror.on('change', () => {
      throw error;
    });
    let others = 0;
    mirror.on('change', () => others++);
    server.say(next(watch, 6));
    server.say(next(watch, 7));
    expect(errors).toEqual([error, error]);
    expect([changes.length, others]).toEqual([2, 2]);
  });

  test('that reject later are reported as well, and no rejection is left to end the process', async () => {
    const { changes, errors, mirror, server, watch } = startMirrored();
    const error = new Error('my async listener');
    mirror.on('change', async () => {
      throw error;
    });
    server.say(next(watch, 6));
    await flushPromises();
    expect([errors, changes.length]).toEqual([[error], 1]);
  });

  test('that unsubscribe others while being told are heeded', () => {
    const { mirror, server, watch } = startMirrored();
    const calls: string[] = [];
    const offs = [
      mirror.on('change', () => {
        calls.push('first');
        for (const off of offs) off();
      }),
      mirror.on('change', () => calls.push('second')),
    ];
    server.say(next(watch, 6));
    server.say(next(watch, 7));
    expect(calls).toEqual(['first']);
  });

  test('that close the mirror hear no later commit of the same batch', () => {
    const { changes, mirror, server, watch } = startMirrored();
    mirror.on('change', () => mirror.close());
    const commits = [commit(6, put('/app/a', '6')), commit(7, put('/app/a', '7'))];
    server.say({ type: 'commits', watch, from: 5, to: 7, commits });
    expect(changes.map(({ revision }) => revision)).toEqual([6]);
    expect(mirror.status).toBe('closed');
  });

  test('that close the client find it closed', async () => {
    const { client, mirror, server, watch } = startMirrored();
    const statuses: string[] = [];
    client.on('status', ({ kind }) => statuses.push(`client ${kind}`));
    mirror.on('status', ({ to }) => statuses.push(`mirror ${to}`));
    mirror.on('change', () => {
      client.close();
      statuses.push(`in the listener ${mirror.status} ${client.status.kind}`);
    });
    server.say(next(watch, 6));
    expect(statuses).toEqual(['in the listener closed closed', 'mirror closed', 'client closed']);
  });

  test('are told of a lost connection when all mirrors know', () => {
    const { client, mirror, server } = startMirrored();
    const other = client.mirror('/other');
    giveState(server, 5);
    const seen: string[] = [];
    mirror.on('status', () => seen.push(other.status));
    other.on('status', () => seen.push(mirror.status));
    server.end();
    expect(seen).toEqual(['stale', 'stale']);
  });

  test('that open the mirror anew get what is there', () => {
    const { client, mirror, server, watch } = startMirrored();
    const seen: (string | undefined)[] = [];
    mirror.on('change', () => seen.push(client.mirror('/app').value('/app/a')));
    server.say(next(watch, 6));
    expect(seen).toEqual(['6']);
  });
});

describe('the iterator of `changes()`', () => {
  test('hands out changes from now on and ends with its mirror', async () => {
    const { mirror, server, watch } = startMirrored();
    const revisions: number[] = [];
    const reading = (async () => {
      for await (const { revision } of mirror.changes()) revisions.push(revision);
    })();
    for (const revision of [6, 7])
      server.say({
        type: 'commits',
        watch,
        from: revision - 1,
        to: revision,
        commits: [commit(revision, put('/app/a', `${revision}`))],
      });
    await flushPromises();
    mirror.close();
    await reading;
    expect(revisions).toEqual([6, 7]);
  });

  test('merges what a slow reader has not read into the net difference', async () => {
    const { mirror, server, watch } = startMirrored();
    const changes = mirror.changes({ bufferMax: 2 });
    const a = mirror.get('/app/a');
    const commits = [
      commit(6, put('/app/a', '6'), put('/app/x', '6')),
      commit(7, put('/app/a', '7'), del('/app/b')),
      commit(8, del('/app/x')),
    ];
    server.say({ type: 'commits', watch, from: 5, to: 8, commits });
    server.say({
      type: 'commits',
      watch,
      from: 8,
      to: 9,
      commits: [commit(9, put('/app/c', '9'))],
    });
    expect((await changes.next()).value).toEqual({
      revision: 8,
      origin: 'resync',
      changes: [
        { type: 'put', path: '/app/a', entry: mirror.get('/app/a'), prev: a },
        { type: 'delete', path: '/app/b', cause: 'removed', prev: entry('/app/b', 'b', 2) },
      ],
    });
    expect((await changes.next()).value).toMatchObject({ revision: 9, origin: 'live' });
  });

  test('merges them also where few take much: what waits is bounded by characters', async () => {
    const { mirror, server, watch } = startMirrored();
    const changes = mirror.changes();
    const text = 'x'.repeat(1024 * 1024);
    for (let revision = 6; revision < 106; revision++)
      server.say({
        type: 'commits',
        watch,
        from: revision - 1,
        to: revision,
        commits: [commit(revision, put('/app/a', `${revision}${text}`))],
      });
    // What a change takes is its value and the one before.
    const waiting = [(await changes.next()).value];
    const merged = waiting[0]?.revision ?? 0;
    for (let last = merged; last < 105; last = waiting.at(-1)?.revision ?? 105)
      waiting.push((await changes.next()).value);
    expect(waiting.length).toBeLessThan(10);
    expect(waiting[0]).toMatchObject({ origin: 'resync', changes: [{ prev: { value: 'a' } }] });
    expect(waiting.at(-1)?.changes[0]).toMatchObject({ entry: mirror.get('/app/a') });
    // Having read, it gets each change again.
    for (const revision of [106, 107])
      server.say({
        type: 'commits',
        watch,
        from: revision - 1,
        to: revision,
        commits: [commit(revision, put('/app/b', text))],
      });
    expect((await changes.next()).value).toMatchObject({ revision: 106, origin: 'live' });
    expect((await changes.next()).value).toMatchObject({ revision: 107, origin: 'live' });
  });

  test('ends when its signal is aborted', async () => {
    const { mirror } = startMirrored();
    const controller = new AbortController();
    const next = mirror.changes({ signal: controller.signal }).next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('throws what made the mirror fail', async () => {
    const { client, server } = startMirrored();
    const next = client.mirror('/b').changes().next();
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'too_many_watches', message: 'no more' });
    await expect(next).rejects.toMatchObject({ code: 'too_many_watches' });
  });
});
