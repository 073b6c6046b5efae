import { serverFigures } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { startGuarded } from './test-support/guarded-scene.ts';
import { Kept } from './test-support/kept.ts';
import { RawClient } from './test-support/raw-client.ts';
import { type Scene, startCore } from './test-support/scene.ts';

/** What an event adds to the counts; those that stay are left out. */
async function counted({ core, settle }: Scene, act: () => unknown) {
  const before = core.counters();
  await act();
  await settle();
  const after = Object.entries(core.counters());
  const grown = after.map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

const noProblem = () => ({ path: [], text: '', hasUnknown: false });

const watch = (id: number, path: string, after?: { epoch: string; revision: number }) => ({
  type: 'watch' as const,
  id,
  path,
  mode: 'state' as const,
  ...(after === undefined ? {} : { after }),
});

describe('the counters', () => {
  it('have every name from the start, and cannot be changed by who reads them', async () => {
    const counts = (await startCore()).core.counters();
    expect(new Set(Object.values(counts))).toEqual(new Set([0]));
    expect(Object.keys(counts)).toContain('connectionsEnded.silent');
    expect(Object.keys(counts)).not.toContain('connectionsEnded.conflict');
    expect(Object.isFrozen(counts)).toBe(true);
  });

  it('count connections that come and go', async () => {
    const scene = await startCore();
    expect(await counted(scene, () => RawClient.open(scene.core).vanish())).toEqual({
      connectionsOpened: 1,
      connectionsClosed: 1,
    });
  });

  it.each([
    ['what is no message', 'garbage', { 'connectionsEnded.bad_message': 1, framesRefused: 1 }],
    [
      'another version',
      '{"type":"hello","version":9}',
      { 'connectionsEnded.version_unsupported': 1 },
    ],
    [
      'a hello in pieces',
      '+{"type":"hello",',
      { 'connectionsEnded.bad_message': 1, framesRefused: 1 },
    ],
  ])('count connections that end with %s', async (_, frame, expected) => {
    const scene = await startCore();
    expect(await counted(scene, () => new RawClient(scene.core).sendText(frame))).toEqual({
      connectionsOpened: 1,
      connectionsClosed: 1,
      ...expected,
    });
  });

  it('tell why a connection was silent', async () => {
    const scene = await startCore();
    const speechless = new RawClient(scene.core);
    const ended = { connectionsClosed: 1, 'connectionsEnded.silent': 1 };
    expect(await counted(scene, () => scene.clock.advanceAtOnce(10_000))).toEqual({
      ...ended,
      helloTimeouts: 1,
    });
    RawClient.open(scene.core);
    expect(await counted(scene, () => scene.clock.advanceAtOnce(40_000))).toEqual({
      ...ended,
      silentPeers: 1,
    });
    const stuck = RawClient.open(scene.core);
    stuck.answer = 'buffered';
    stuck.bufferedBytes = 1_000;
    expect(await counted(scene, () => scene.clock.advanceAtOnce(40_000))).toEqual({
      ...ended,
      stuckPeers: 1,
    });
    expect([speechless, stuck].map(({ closed }) => closed?.code)).toEqual([4408, 4408]);
  });

  it('count requests, and those that are refused by their code', async () => {
    const scene = await startCore();
    const client = RawClient.open(scene.core);
    const act = () => {
      client.send({ type: 'get', id: 1, path: '/a' });
      client.send({ type: 'get', id: 2, path: 'a' });
      client.sendText('{"type":"dance","id":3}');
    };
    expect(await counted(scene, act)).toEqual({
      requestsTaken: 3,
      'requestsRefused.invalid_path': 1,
      'requestsRefused.unknown_type': 1,
    });
  });

  it('W10 count watches, and those beyond what a server may have', async () => {
    const scene = await startCore({ watchesMax: 2 });
    const clients = [RawClient.open(scene.core), RawClient.open(scene.core)];
    const act = () => {
      for (const client of clients) for (const id of [1, 2]) client.send(watch(id, `/${id}`));
    };
    expect(await counted(scene, act)).toEqual({
      requestsTaken: 4,
      catchUpSteps: 4,
      watchesOpened: 2,
      watchesRefused: 2,
      'requestsRefused.too_many_watches': 2,
    });
    clients[0]?.vanish();
    clients[1]?.send(watch(3, '/3'));
    expect(scene.core.counters()).toMatchObject({ watchesOpened: 3 });
  });

  it('count watches that fall behind and catch up, but not those that only begin', async () => {
    const scene = await startCore();
    const client = RawClient.open(scene.core);
    client.send(watch(1, '/'));
    await scene.settle();
    client.answer = 'buffered';
    await scene.put('/a', '1');
    const written = { commits: 1, changes: 1 };
    expect(await counted(scene, () => scene.put('/a', '2'))).toEqual({
      ...{ ...written, watchesFellBehind: 1 },
    });
    const caughtUp = { watchesCaughtUp: 1, catchUpSteps: expect.any(Number) };
    expect(await counted(scene, () => client.drain())).toEqual(caughtUp);
  });

  it('count each change as often as it went to a live watch, whatever of it that takes', async () => {
    const scene = await startCore();
    for (const path of ['/', '/', '/a', '/b']) RawClient.open(scene.core).send(watch(1, path));
    await scene.settle();
    const operations = ['/a/1', '/a/2', '/c'].map((path) => ({
      ...({ type: 'put', path, value: '1' } as const),
    }));
    const write = { operations, conditions: [], actor: 'test', requestId: 'r' };
    expect(await counted(scene, () => scene.engine.writes.commit(write))).toEqual({
      ...{ commits: 1, changes: 3, changesDelivered: 2 * 3 + 2 },
    });
  });

  it('are told to who operates the server, with how it is now', async () => {
    const scene = await startGuarded();
    const reader = await scene.guest('reader', [{ verbs: ['read', 'operate'], on: '/a' }]);
    const ask = (id: number) => ({ type: 'counters', id }) as const;
    expect(await scene.ask(reader, ask)).toMatchObject({ code: 'forbidden' });
    reader.send(watch(5, '/a'));
    await scene.settle();
    const told = async () => {
      const reply = await scene.ask(scene.admin, ask);
      if (reply.type !== 'counters' || !serverFigures.accepts(reply.figures, noProblem()))
        throw new Error(JSON.stringify(reply));
      return reply.figures;
    };
    const first = await told();
    expect(first).toMatchObject({
      counts: { watchesOpened: 1, connectionsOpened: 3 },
      gauges: { connections: 3, watches: 1, 'watches.live': 1, 'watches.lagging': 0 },
    });
    reader.vanish();
    await scene.clock.advance(1_500);
    expect(await told()).toMatchObject({
      ...{ instance: first.instance, uptimeMs: first.uptimeMs + 1_500 },
      gauges: { connections: 2, watches: 0, 'watches.live': 0 },
    });
  });

  it('count resyncs by their reason', async () => {
    const scene = await startCore({ kept: new Kept({ tombstonesMax: 0 }) });
    const { epoch } = scene.engine;
    await scene.put('/a', '1');
    const { revision } = scene.engine.reads;
    await scene.remove('/a');
    await scene.put('/a', '2');
    await scene.engine.maintenance.compact(scene.engine.reads.revision);
    const client = RawClient.open(scene.core);
    const act = () => {
      client.send(watch(1, '/', { epoch: 'another', revision }));
      client.send(watch(2, '/b', { epoch, revision: 99 }));
      client.send({ ...watch(3, '/c', { epoch: 'another', revision }), mode: 'events' });
    };
    expect(await counted(scene, act)).toMatchObject({
      'resyncs.epoch': 2,
      'eventWatchesEnded.epoch': 1,
    });
  });
});
