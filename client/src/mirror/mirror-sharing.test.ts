import { describe, expect, test } from 'vitest';
import { commit, giveState, put, startConnected, startMirrored } from '../test-support/scene.ts';

describe('mirrors of the same path', () => {
  test('share one watch; the second is ready at once', async () => {
    const { client, mirror, server } = startMirrored();
    const second = client.mirror('/app');
    expect(server.untaken).toEqual([]);
    expect(second).toMatchObject({ status: 'live', revision: 5 });
    expect(second.get('/app/a')).toBe(mirror.get('/app/a'));
    expect(await second.ready()).toEqual({ revision: 5, source: 'server' });
  });

  test('have their own listeners, and the last one to leave ends the watch', () => {
    const { changes, client, mirror, server, watch } = startMirrored();
    const second = client.mirror('/app');
    let calls = 0;
    second.on('change', () => calls++);
    mirror.close();
    mirror.close();
    expect(server.untaken).toEqual([]);
    server.say({
      type: 'commits',
      watch,
      from: 5,
      to: 6,
      commits: [commit(6, put('/app/a', '6'))],
    });
    expect([changes.length, calls]).toEqual([0, 1]);
    second.close();
    expect(server.take('unwatch').watch).toBe(watch);
  });

  test('that are opened after the last one was closed ask for a watch anew, even under the same name', () => {
    const { client, mirror, server, watch } = startMirrored();
    mirror.close();
    const again = client.mirror('/app');
    server.say({
      type: 'commits',
      watch,
      from: 5,
      to: 6,
      commits: [commit(6, put('/app/a', '6'))],
    });
    server.say({ type: 'unwatched', id: server.take('unwatch').id });
    const { id, after } = server.take('watch');
    expect(after).toBeUndefined();
    server.say({ type: 'watching', id, watch, revision: 6 });
    server.say({ type: 'synced', watch, revision: 6 });
    expect(again).toMatchObject({ status: 'live', revision: 6, size: 0 });
  });

  test('that close before the server names their watch have it left then', () => {
    const { client, server } = startConnected();
    client.mirror('/app').close();
    const watch = server.acceptWatch();
    expect(server.take('unwatch').watch).toBe(watch);
  });

  test('are forgotten while away when nobody wants them', async () => {
    const { clock, mirror, network, server } = startMirrored();
    server.end();
    mirror.close();
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello']);
  });
});

describe('a watch that the server refuses', () => {
  test('for good fails its mirror alone', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const ready = mirror.ready();
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'too_many_watches', message: 'enough' });
    await expect(ready).rejects.toMatchObject({ code: 'too_many_watches' });
    await expect(mirror.waitFor(1)).rejects.toMatchObject({ code: 'too_many_watches' });
    expect([mirror.status, client.status.kind]).toEqual(['failed', 'open']);
    client.mirror('/app');
    expect(server.untaken).toEqual(['watch']);
  });

  test('for now is asked for again', async () => {
    const { client, clock, server } = startConnected();
    const mirror = client.mirror('/app');
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'unavailable', message: 'not now' });
    await clock.advance(250);
    giveState(server, 5);
    expect(mirror.status).toBe('live');
  });
});
