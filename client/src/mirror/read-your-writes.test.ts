import type { Operation } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { commit, entry, giveState, put, startConnected } from '../test-support/scene.ts';

/** Whether a write is through, and with what. */
function track(write: Promise<unknown>) {
  const outcome: { value?: unknown; error?: unknown } = {};
  write.then(
    (value) => {
      outcome.value = value;
    },
    (error) => {
      outcome.error = error;
    },
  );
  return outcome;
}

/** A mirror of /app that holds `entries`, live at revision 5. */
function startMirrored(...entries: string[]) {
  const scene = startConnected();
  const mirror = scene.client.mirror('/app');
  const watch = giveState(scene.server, 5, ...entries.map((path) => entry(path, '1')));
  return { ...scene, mirror, watch };
}

/** The same, which the server is bringing up to date. */
function startResyncing(...entries: string[]) {
  const scene = startMirrored(...entries);
  scene.server.say({ type: 'resync', watch: scene.watch, reason: 'compacted', epoch: 'e1' });
  return scene;
}

const written = entry('/app/a', '1', 6);

describe('W12: a write returns when the mirrors show it', () => {
  test('which the live ones do already: the commit came before the reply', async () => {
    const { client, mirror, server, watch } = startMirrored();
    const set = client.set('/app/a', '1');
    const commits = [commit(6, put('/app/a', '1'))];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    server.acceptCommit(6);
    expect(await set).toEqual({ revision: 6 });
    expect(mirror.value('/app/a')).toBe('1');
  });

  test('W6: and has moved on those that it does not touch, without a heartbeat', async () => {
    const { client, mirror, server } = startMirrored();
    const set = client.set('/elsewhere', '1');
    server.acceptCommit(9);
    expect(await set).toEqual({ revision: 9 });
    expect(mirror.revision).toBe(9);
  });

  test('and not before they do', async () => {
    const { client, mirror, server, watch } = startResyncing();
    const outcome = track(client.set('/app/a', '1'));
    server.acceptCommit(6);
    await flushPromises();
    expect(outcome).toEqual({});
    server.say({ type: 'snapshot', watch, revision: 6, entries: [written] });
    server.say({ type: 'synced', watch, revision: 6 });
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 6 });
    expect(mirror.value('/app/a')).toBe('1');
  });

  test('even if one gets live before the reply is read, at a revision before it', async () => {
    const { client, mirror, server, watch } = startResyncing();
    const outcome = track(client.set('/app/a', '1'));
    server.acceptCommit(6);
    server.say({ type: 'synced', watch, revision: 5 });
    await flushPromises();
    expect(mirror.status).toBe('live');
    expect(outcome).toEqual({});
    const commits = [commit(6, put('/app/a', '1'))];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 6 });
  });

  test('even if the connection broke in between', async () => {
    const { client, clock, network, server } = startMirrored();
    const outcome = track(client.set('/app/a', '1'));
    const { requestId } = server.take('commit');
    server.end();
    await clock.advance(250);
    network.last.welcome();
    const watch = network.last.acceptWatch();
    expect(network.last.sent.at(-1)).toMatchObject({ type: 'commit', requestId });
    network.last.acceptCommit(6);
    await flushPromises();
    expect(outcome).toEqual({});
    const commits = [commit(6, put('/app/a', '1'))];
    network.last.say({ type: 'commits', watch, from: 5, to: 6, commits });
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 6 });
  });

  test('and waits for those that have no state yet, too', async () => {
    const { client, server } = startConnected();
    client.mirror('/app');
    const outcome = track(client.set('/app/a', '1'));
    server.acceptCommit(6);
    await flushPromises();
    expect(outcome).toEqual({});
    giveState(server, 6, written);
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 6 });
  });

  test('and waits for that as long as the request may take', async () => {
    const { client, clock, server } = startResyncing();
    const outcome = track(client.set('/app/a', '1', { timeoutMs: 1_000 }));
    await clock.advance(400);
    server.acceptCommit(6);
    await flushPromises();
    await clock.advance(599);
    expect(outcome).toEqual({});
    await clock.advance(1);
    expect(outcome.error).toMatchObject({
      code: 'timeout',
      message:
        'the mirror of /app was not at revision 6, which is written, within 1000 ms: resync: compacted',
    });
  });

  test('and waits no longer for those that close meanwhile', async () => {
    const { client, mirror, server } = startResyncing();
    const outcome = track(client.set('/app/a', '1'));
    server.acceptCommit(6);
    await flushPromises();
    mirror.close();
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 6 });
  });

  test('and waits no longer for those that are live in another history, where the write is not', async () => {
    const { client, clock, network, server } = startResyncing('/app/b');
    const outcome = track(client.set('/app/a', '1'));
    server.acceptCommit(6);
    server.end();
    await clock.advance(250);
    network.last.welcome({ epoch: 'e2', revision: 2 });
    const watch = network.last.acceptWatch(2);
    network.last.say({ type: 'resync', watch, reason: 'epoch', epoch: 'e2' });
    await flushPromises();
    expect(outcome).toEqual({});
    network.last.say({ type: 'synced', watch, revision: 2 });
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 6 });
  });
});

describe('W12: of the mirrors that are not live, a write waits for', () => {
  const cases: [what: string, waits: boolean, operation: Operation][] = [
    ['one that has its path', true, { type: 'put', path: '/app/a', value: '1' }],
    ['none of another subtree', false, { type: 'put', path: '/apple', value: '1' }],
    ['one below a subtree that is deleted', true, { type: 'delete', path: '/', recursive: true }],
    [
      'one around a subtree that is deleted',
      true,
      { type: 'delete', path: '/app/a', recursive: true },
    ],
  ];

  test.each(cases)('%s', async (_, waits, operation) => {
    const { client, server } = startResyncing('/app/a');
    const outcome = track(client.commit({ operations: [operation] }));
    server.acceptCommit(6, 0, 1);
    await flushPromises();
    expect('value' in outcome).toBe(!waits);
  });

  test('none when nothing was changed at all', async () => {
    const { client, server } = startResyncing('/app/a');
    const outcome = track(client.remove('/app/a'));
    server.acceptCommit(9, 0, 0);
    await flushPromises();
    expect(outcome.value).toEqual({ revision: 9, removed: 0 });
  });
});
