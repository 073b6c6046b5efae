import { times } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { EventWatch } from '../../test-support/event-scene.ts';
import { type HttpScene, httpOf } from '../../test-support/http-scene.ts';
import { Kept } from '../../test-support/kept.ts';
import { RawClient } from '../../test-support/raw-client.ts';
import { type Scene, startCore } from '../../test-support/scene.ts';

interface EventScene extends Scene {
  readonly http: HttpScene;
  open(target: string, lastEventId?: string): Promise<EventWatch>;
  /** A heartbeat period goes by, in the steps in which the server beats. */
  beat(): Promise<void>;
}

async function start(options: Parameters<typeof startCore>[0] = {}): Promise<EventScene> {
  const scene = await startCore(options);
  const http = httpOf(scene);
  const open = async (target: string, lastEventId = '') => {
    const headers = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
    const watch = new EventWatch(http, target, headers);
    await scene.settle();
    return watch;
  };
  const beat = async () => {
    for (let step = 0; step < 10; step++) {
      await scene.clock.advance(times.heartbeatMs / 10);
      await scene.settle();
    }
  };
  return { ...scene, http, open, beat };
}

describe('the events of a state watch', () => {
  it('are the messages of the WebSocket, byte for byte', async () => {
    const scene = await start();
    await scene.put('/a/text', 'two\nlines\r\nand \u2028 a "quote" 😀');
    const watch = await scene.open('/v1/watch/a');
    expect(watch.exchange.said?.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const client = RawClient.open(scene.core);
    client.send({ type: 'watch', id: 0, path: '/a', mode: 'state' });
    await scene.put('/a/b', '1');
    expect(watch.take('welcome')).toMatchObject({ heartbeatMs: 10_000 });
    const told = watch.events.map(({ data }) => JSON.parse(data));
    expect(told).toEqual(client.received);
    expect(told.map(({ type }) => type)).toEqual(['watching', 'snapshot', 'synced', 'commits']);
  });

  it('W5 have an id only where the position moves', async () => {
    const scene = await start();
    const first = await scene.put('/a/b', '1');
    const watch = await scene.open('/v1/watch/a');
    const second = await scene.put('/a/b', '2');
    const { epoch, timeline } = watch.take('welcome');
    const at = (revision: number) => `${epoch}.${revision}.${timeline}`;
    expect(watch.events.map(({ type, lastEventId }) => [type, lastEventId])).toEqual([
      ['watching', ''],
      ['snapshot', ''],
      ['synced', at(first)],
      ['commits', at(second)],
    ]);
  });

  it('W6 bring an idle reader on, past what is none of its business', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a');
    const revision = await scene.put('/other', '1');
    await scene.beat();
    expect(watch.types.at(-1)).toBe('heartbeat');
    expect(watch.revision).toBe(revision);
  });

  it('W5 tell who comes back with the last id just what came since', async () => {
    const scene = await start();
    await scene.put('/a/b', '1');
    const first = await scene.open('/v1/watch/a');
    first.read();
    first.exchange.vanish();
    const revision = await scene.put('/a/b', '2');
    // The address is as it was when it began, and older than the id.
    const address = '/v1/watch/a?after=another.1';
    const second = await scene.open(address, first.source.lastEventId);
    expect(second.types).toEqual(['welcome', 'watching', 'commits', 'synced']);
    expect(second.revision).toBe(revision);
  });

  it('W3 tell who comes with a position of another history, and have no id before the end of that', async () => {
    const scene = await start();
    const revision = await scene.put('/a/b', '1');
    const watch = await scene.open('/v1/watch/a?after=another.900');
    expect(watch.types).toEqual(['welcome', 'watching', 'resync', 'snapshot', 'synced']);
    expect(watch.events.filter(({ lastEventId }) => lastEventId !== '')).toHaveLength(1);
    expect(watch.revision).toBe(revision);
  });

  it('W3 have no id that a heartbeat brings amid a snapshot', async () => {
    const scene = await start();
    for (const name of ['b', 'c', 'd']) await scene.put(`/a/${name}`, 'x'.repeat(300_000));
    const watch = await scene.open('/v1/watch/a?after=another.1');
    watch.exchange.isRead = false;
    await scene.settle();
    const synced = watch.read().findIndex(({ type }) => type === 'synced');
    expect(watch.events.slice(0, synced).every(({ lastEventId }) => lastEventId === '')).toBe(true);
  });
});

describe('the events of an event watch', () => {
  it('W5 begin with the position that they begin at', async () => {
    const scene = await start();
    await scene.put('/a/b', '1');
    const watch = await scene.open('/v1/watch/a?mode=events');
    expect(watch.types).toEqual(['welcome', 'watching']);
    expect(watch.source.lastEventId).not.toBe('');
    watch.exchange.vanish();
    const revisions = [await scene.put('/a/b', '2'), await scene.remove('/a/b')];
    const second = await scene.open('/v1/watch/a?mode=events', watch.source.lastEventId);
    second.take('welcome');
    second.take('watching');
    const { commits } = second.take('commits');
    expect(commits.map(({ revision }) => revision)).toEqual(revisions);
    expect(second.revision).toBe(revisions[1]);
  });

  it('carry the entry before each change where that is asked for', async () => {
    const scene = await start();
    await scene.put('/a/b', '1');
    const watch = await scene.open('/v1/watch/a?mode=events&prev');
    await scene.put('/a/b', '2');
    watch.read();
    watch.events.splice(0, 2);
    expect(watch.take('commits').commits[0]?.changes[0]).toMatchObject({ prev: { value: '1' } });
  });

  it('W3 end with compacted, which brings the reader to now', async () => {
    const kept = new Kept();
    const before = await start({ kept });
    for (let n = 0; n < 5; n++) await before.put('/a/b', `${n}`);
    const third = before.revisionOf(3);
    await before.engine.maintenance.compact(third);
    await before.settle();
    const scene = await start({ kept });
    const { epoch, reads } = scene.engine;
    const watch = await scene.open(`/v1/watch/a?mode=events&after=${epoch}.${third - 1}`);
    expect(watch.types).toEqual(['welcome', 'watching', 'compacted']);
    expect(watch.revision).toBe(reads.revision);
    expect(watch.exchange.isEnded).toBe(true);
    expect(scene.core.status()).toMatchObject({ connections: 0, watches: 0 });
    // Who goes on from there is told nothing twice, and not for ever that he missed something.
    const again = await scene.open('/v1/watch/a?mode=events', watch.source.lastEventId);
    expect(again.types).toEqual(['welcome', 'watching']);
  });

  it('W3 have no id that moves who is about to be told that he missed something', async () => {
    const scene = await start();
    await scene.put('/a/b', '1');
    const watch = await scene.open('/v1/watch/a?mode=events&after=another.1');
    const at = watch.types.indexOf('compacted');
    expect(watch.events.slice(0, at).every(({ lastEventId }) => lastEventId === '')).toBe(true);
  });

  it('W4 have one id for a commit in pieces, at its end', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a?mode=events');
    const { lastEventId } = watch.read().at(-1) ?? {};
    const operations = ['/a/b', '/a/c', '/a/d'].map((path) => ({
      ...{ type: 'put' as const, path },
      value: 'x'.repeat(300_000),
    }));
    const write = { operations, conditions: [], actor: 'test', requestId: 'large' };
    const { revision } = await scene.engine.writes.commit(write);
    await scene.settle();
    const pieces = watch.read().filter(({ type }) => type === 'commits');
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces.slice(0, -1)) expect(piece.lastEventId).toBe(lastEventId);
    expect(watch.revision).toBe(revision);
  });
});

describe('a reader of events', () => {
  it('W10 attack 38: who never reads has one frame waiting, and is dropped after three heartbeats', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a');
    watch.exchange.isRead = false;
    const before = watch.exchange.pieces.length;
    for (let n = 0; n < 100; n++) await scene.put('/a/b', `${n}`.repeat(1_000));
    expect(watch.exchange.pieces.length).toBe(before + 1);
    for (let n = 0; n <= times.silentBeatsMax; n++) await scene.beat();
    expect(watch.exchange.isTerminated).toBe(true);
    expect(scene.core.status().connections).toBe(0);
    expect(scene.core.http.readers.count).toBe(0);
    expect(scene.core.counters()).toMatchObject({ stuckPeers: 1, 'connectionsEnded.silent': 1 });
  });

  it('W8 who takes what it is sent stays, though it never answers', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a');
    for (let n = 0; n < 20; n++) await scene.beat();
    expect(watch.exchange.isTerminated || watch.exchange.isEnded).toBe(false);
    expect(watch.types.filter((type) => type === 'heartbeat')).toHaveLength(20);
  });

  it('W10 who reads slowly falls behind, and is brought up to date by the difference', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a');
    watch.exchange.isRead = false;
    let revision = 0;
    for (let n = 0; n < 50; n++) revision = await scene.put('/a/b', `${n}`.padEnd(20_000));
    watch.exchange.drain();
    await scene.settle();
    expect(watch.types.slice(-3)).toEqual(['commits', 'difference', 'synced']);
    expect(watch.revision).toBe(revision);
  });

  it('who has gone leaves nothing behind', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a');
    expect(scene.core.status()).toMatchObject({ connections: 1, watches: 1 });
    expect(scene.core.http.readers.count).toBe(1);
    watch.exchange.vanish();
    await scene.settle();
    expect(scene.core.status()).toMatchObject({ connections: 0, watches: 0 });
    expect(scene.core.http.readers.count).toBe(0);
    expect(scene.core.http.underway.count).toBe(0);
  });

  it('is told when the server stops, and when to come back', async () => {
    const scene = await start();
    const watch = await scene.open('/v1/watch/a');
    watch.read();
    expect(watch.source.retryMs).toBe(3_000);
    const stopped = scene.core.stop();
    await scene.settle();
    for (let n = 0; n < 10; n++) {
      await scene.clock.advance(100);
      await scene.settle();
    }
    await stopped;
    expect(watch.types.at(-1)).toBe('goodbye');
    // It comes back in the same time again and again until there is a server: so never in next to none.
    const { retryInMs } = JSON.parse(watch.events.at(-1)?.data ?? '');
    expect(watch.source.retryMs).toBe(1_000 + retryInMs);
    expect(watch.exchange.isEnded).toBe(true);
  });

  it('gets a frame that many get in one and the same text', async () => {
    const scene = await start();
    const watches = [await scene.open('/v1/watch/a'), await scene.open('/v1/watch/a')];
    await scene.put('/a/b', '1');
    const [one, other] = watches.map(({ exchange }) => exchange.pieces.at(-1));
    expect(one).toBeDefined();
    expect(one).toBe(other);
  });

  it.each([
    ['/v1/watch/a/', 400, 'invalid_path'],
    ['/v1/watch/a/..', 400, 'invalid_path'],
    ['/v1/watch/a?mode=both', 400, 'invalid_message'],
    ['/v1/watch/a?after=812', 400, 'invalid_message'],
    ['/v1/watch/a?clears', 400, 'invalid_message'],
  ])('who asks for what cannot be, %s, never has a stream', async (target, status, code) => {
    const scene = await start();
    const watch = await scene.open(target);
    expect(watch.exchange.said?.status).toBe(status);
    expect(watch.exchange.json).toMatchObject({ code });
    expect(scene.core.status().connections).toBe(0);
    expect(scene.core.http.readers.count).toBe(0);
  });

  it('who is further than the server on its own timeline has no stream of every change', async () => {
    const scene = await start();
    await scene.put('/a', '1');
    const { epoch } = scene.engine;
    const watch = await scene.open(`/v1/watch/?mode=events&after=${epoch}.900`);
    expect(watch.exchange.said?.status).toBe(409);
    expect(watch.exchange.json).toMatchObject({ code: 'future_revision' });
  });

  it('has the head alone where it asks for that', async () => {
    const scene = await start();
    const exchange = await scene.http.ask({ method: 'HEAD', target: '/v1/watch/a' });
    expect(exchange.said?.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(exchange.isEnded).toBe(true);
    expect(scene.core.status().connections).toBe(0);
  });
});
