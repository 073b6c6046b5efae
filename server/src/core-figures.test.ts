import { describe, expect, it } from 'vitest';
import { Measures } from './measures.ts';
import { startGuarded } from './test-support/guarded-scene.ts';
import { RawClient } from './test-support/raw-client.ts';
import { type Scene, startCore } from './test-support/scene.ts';

const watch = (id: number, path: string, mode: 'state' | 'events' = 'state') =>
  ({ type: 'watch', id, path, mode }) as const;

/** Watches of a scene that there are any of. */
function watchesOf({ core }: Scene) {
  const { watches } = core.scrape();
  return Object.fromEntries(
    watches
      .filter(({ count }) => count > 0)
      .map((each) => [`${each.mode} ${each.standing}`, each.count]),
  );
}

describe('the figures of a core', () => {
  it('have each watch once, at the stage that it is at, and none that has ended', async () => {
    const scene = await startCore();
    const { core, settle, put } = scene;
    const client = RawClient.open(core);
    client.send(watch(1, '/app'));
    client.send(watch(2, '/app', 'events'));
    expect(watchesOf(scene)).toEqual({ 'state syncing': 1, 'events live': 1 });
    await settle();
    expect(watchesOf(scene)).toEqual({ 'state live': 1, 'events live': 1 });
    expect(core.scrape()).toMatchObject({ connections: 1, watchGroups: 2, lagRevisions: 0 });

    client.answer = 'buffered';
    client.bufferedBytes = 700;
    for (let i = 0; i < 3; i++) await put('/app/a', `${i}`);
    // The first frame was taken; what the connection misses are the other two commits, or three where none was.
    expect(watchesOf(scene)).toEqual({ 'state lagging': 1, 'events lagging': 1 });
    expect(core.scrape()).toMatchObject({ outboundBytes: 700, lagRevisions: 3 });

    client.drain();
    await settle();
    expect(watchesOf(scene)).toEqual({ 'state live': 1, 'events live': 1 });
    expect(core.scrape()).toMatchObject({ outboundBytes: 0, lagRevisions: 0 });

    client.vanish();
    expect(watchesOf(scene)).toEqual({});
    expect(core.scrape()).toMatchObject({ connections: 0, watchGroups: 0 });
  });

  it('have what a token is good for, and who was refused', async () => {
    const scene = await startGuarded();
    const { core, admin, ask, clock } = scene;
    const soon = clock.now() + 1_000;
    for (const [name, more] of [
      ['short', { expiresAt: soon }],
      ['later', { expiresAt: null, notBefore: soon + 60_000 }],
      ['gone', { expiresAt: null }],
    ] as const)
      await ask(admin, (id) => ({ type: 'createToken', id, name, roles: ['admin'], ...more }));
    await ask(admin, (id) => ({ type: 'updateToken', id, token: 'gone', disabled: true }));
    await clock.advance(2_000);
    expect(Object.fromEntries(core.scrape().tokens)).toEqual({
      ...{ valid: 1, early: 1, expired: 1, disabled: 1 },
    });
    new RawClient(core).send({ type: 'hello', version: 1, token: 'cfr_nobody' });
    expect(core.counters()['authFailures.unauthenticated']).toBe(1);
  });
});

describe('what a core measures', () => {
  async function measured() {
    const measures = new Measures(() => 0);
    return { measures, ...(await startCore({ measures })) };
  }

  it('has a request by its type, with how long it took and the code that it was refused with', async () => {
    const { core, settle, measures } = await measured();
    const client = RawClient.open(core);
    client.send({ type: 'get', id: 1, path: '/a' });
    client.send({ type: 'get', id: 2, path: 'no path' });
    client.sendText('{"type":"nothing","id":3}');
    await settle();
    const byOp = measures.requests.read().map(({ op, seconds, refused }) => ({
      ...{ op, count: seconds.count, refused: Object.fromEntries(refused) },
    }));
    expect(byOp).toEqual([
      { op: 'get', count: 2, refused: { invalid_path: 1 } },
      { op: 'invalid', count: 1, refused: { unknown_type: 1 } },
    ]);
  });

  it('has a frame for each connection that was handed one, and one fan-out for all of them', async () => {
    const { core, settle, put, measures } = await measured();
    const clients = Array.from({ length: 5 }, () => RawClient.open(core));
    for (const client of clients) client.send(watch(1, '/app'));
    await settle();
    const before = { frames: measures.framesSent, bytes: measures.bytesSent };
    const stuck = clients[0];
    if (stuck !== undefined) stuck.answer = 'buffered';
    await put('/app/a', '1');
    expect(measures.framesSent - before.frames).toBe(5);
    const bytes = (measures.bytesSent - before.bytes) / 5;
    expect(bytes).toBe(JSON.stringify(clients[1]?.received.at(-1)).length);
    await put('/app/a', '2');
    expect(measures.framesSent - before.frames).toBe(9);
    await put('/other', '3');
    expect(measures.fanOutSeconds.read().count).toBe(2);
    expect(measures.batchCommits.read()).toMatchObject({ count: 3, sum: 3 });
    expect(measures).toMatchObject({ puts: 3, deletes: 0 });
  });

  it('has how long a heartbeat took to be answered, once for each that was', async () => {
    const { core, clock, settle, measures } = await measured();
    const client = RawClient.open(core);
    client.send({ type: 'heartbeat', applied: 0 });
    await clock.advance(11_000);
    expect(measures.heartbeatSeconds.read().count).toBe(0);
    client.take('heartbeat');
    client.send({ type: 'heartbeat', applied: 0 });
    client.send({ type: 'heartbeat', applied: 0 });
    await settle();
    expect(measures.heartbeatSeconds.read().count).toBe(1);
  });
});
