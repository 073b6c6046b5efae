import { times } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { NO_AUDIT } from '../../audit/audit.ts';
import type { AuditEvent } from '../../audit/events.ts';
import { startGuarded } from '../../test-support/guarded-scene.ts';
import { bearer, httpOf } from '../../test-support/http-scene.ts';
import { Kept } from '../../test-support/kept.ts';
import type { MemoryExchange } from '../../test-support/memory-exchange.ts';
import { type Scene, startCore } from '../../test-support/scene.ts';

async function start(options: Parameters<typeof startCore>[0] = {}) {
  const scene = await startCore(options);
  const http = httpOf(scene);
  const read = async (target: string) => positionOf(await http.ask({ target }));
  /** Begins a read that waits. */
  const wait = async (target: string, after: string, waitFor = '60s') => {
    const exchange = http.begin({ target: `${target}?wait=${waitFor}&after=${after}` });
    await scene.settle();
    return exchange;
  };
  return { ...scene, http, read, wait };
}

function positionOf({ said }: MemoryExchange): string {
  return said?.headers['confer-position'] ?? '';
}

async function pass({ clock, settle }: Scene, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.advance(Math.min(left, 1_000));
    await settle();
  }
}

describe('a read that waits', () => {
  it('W3 is answered by the first write after the position, with what is there then', async () => {
    const scene = await start();
    await scene.put('/a', '1');
    const after = await scene.read('/v1/kv/a');
    const waiting = await scene.wait('/v1/kv/a', after);
    expect(waiting.said).toBeUndefined();
    const revision = await scene.put('/a', '2');
    expect(waiting.said?.status).toBe(200);
    expect(waiting.text).toBe('2');
    expect(positionOf(waiting).split('.')[1]).toBe(`${revision}`);
    expect(scene.core.status()).toMatchObject({ connections: 0, watches: 0 });
  });

  it('W3 is answered at once where something came between the position and the request', async () => {
    const scene = await start();
    const after = `${scene.engine.epoch}.0`;
    await scene.put('/a', '1');
    const waiting = await scene.wait('/v1/kv/a', after);
    expect(waiting.text).toBe('1');
  });

  it('is answered with 404 where the entry went', async () => {
    const scene = await start();
    await scene.put('/a', '1');
    const waiting = await scene.wait('/v1/kv/a', `${scene.engine.epoch}.1`);
    await scene.remove('/a');
    expect(waiting.said?.status).toBe(404);
    expect(positionOf(waiting)).toBe(await scene.read('/v1/kv/a'));
  });

  it('S6 of an entry goes on past what happens beside and below it, and what only names it', async () => {
    const scene = await start();
    const waiting = await scene.wait('/v1/kv/a', `${scene.engine.epoch}.0`);
    await scene.put('/ab', '1');
    await scene.put('/a/b', '"path":"/a"');
    await scene.put('/a/c', 'x'.repeat(2_000));
    expect(waiting.said).toBeUndefined();
    await scene.put('/a', '1');
    expect(waiting.text).toBe('1');
  });

  it('W6 that nothing came to ends in 304, with a position past all that was none of its business', async () => {
    const scene = await start();
    await scene.put('/a', '1');
    const waiting = await scene.wait('/v1/kv/a', await scene.read('/v1/kv/a'), '5s');
    await scene.put('/other', '1');
    await pass(scene, 4_000);
    expect(waiting.said).toBeUndefined();
    await pass(scene, 1_000);
    expect(waiting.said?.status).toBe(304);
    expect(waiting.text).toBe('');
    expect(positionOf(waiting)).toBe(await scene.read('/v1/kv/other'));
    expect(scene.core.http.readers.count).toBe(0);
    expect(scene.core.status().connections).toBe(0);
  });

  it.each(['0s', '0ms', '1ms'])('may wait for next to nothing: %s', async (waitFor) => {
    const scene = await start();
    const waiting = await scene.wait('/v1/kv/a', await scene.read('/v1/kv/a'), waitFor);
    await pass(scene, 1_000);
    expect(waiting.said?.status).toBe(304);
  });

  it('W8 lives as long as it waits, longer than a silence may be', async () => {
    const scene = await start();
    const waiting = await scene.wait('/v1/kv/a', await scene.read('/v1/kv/a'), '10m');
    await pass(scene, 20 * times.heartbeatMs);
    expect(waiting.said).toBeUndefined();
    await scene.put('/a', '1');
    expect(waiting.text).toBe('1');
  });

  it('W3 is told that history does not reach back to its position, and what to do', async () => {
    const kept = new Kept();
    const before = await start({ kept });
    for (let n = 0; n < 5; n++) await before.put('/a', `${n}`);
    const third = before.revisionOf(3);
    await before.engine.maintenance.compact(third);
    await before.settle();
    const scene = await start({ kept });
    const waiting = await scene.wait('/v1/kv/a', `${scene.engine.epoch}.${third - 1}`);
    expect(waiting.said?.status).toBe(409);
    expect(waiting.json).toMatchObject({ code: 'compacted', compactedRevision: third });
  });

  it('W3 has what came before it also where it may wait no time at all', async () => {
    const scene = await start();
    for (let n = 1; n <= 5; n++) await scene.put('/a', `${n}`);
    for (let revision = 0; revision < 5; revision++) {
      const target = `/v1/kv/a?wait=0ms&after=${scene.engine.epoch}.${revision}`;
      const waiting = scene.http.begin({ target });
      await pass(scene, 1_000);
      expect(waiting.text).toBe('5');
    }
  });

  it.each([
    ['another.1', '0ms'],
    ['another.1', '60s'],
    ['another.0', '0ms'],
    ['another.0', '5s'],
  ])('W3 is told that its position is of another history (%s, %s)', async (after, waitFor) => {
    const scene = await start();
    await scene.put('/a', '1');
    const waiting = await scene.wait('/v1/kv/a', after, waitFor);
    await pass(scene, 1_000);
    expect(waiting.said?.status).toBe(409);
    expect(waiting.json).toMatchObject({
      code: 'compacted',
      message: expect.stringContaining('another history'),
    });
  });

  it('W9 is refused a position that the server has not come to', async () => {
    const scene = await start();
    const waiting = await scene.wait('/v1/kv/a', `${scene.engine.epoch}.900`);
    expect(waiting.said?.status).toBe(409);
    expect(waiting.json).toMatchObject({ code: 'future_revision' });
  });

  it('ends when the server stops, and is told when to come back', async () => {
    const scene = await start();
    const waiting = await scene.wait('/v1/kv/a', `${scene.engine.epoch}.0`);
    const stopped = scene.core.stop();
    await pass(scene, 1_000);
    await stopped;
    expect(waiting.said?.status).toBe(503);
    expect(waiting.said?.headers['retry-after']).toBe('1');
    expect(waiting.json).toMatchObject({ code: 'shutting_down' });
  });

  it('W10 ends when the other side goes, and leaves nothing behind', async () => {
    const scene = await start();
    const waiting = await scene.wait('/v1/kv/a', `${scene.engine.epoch}.0`);
    expect(scene.core.http).toMatchObject({ readers: { count: 1 }, underway: { count: 1 } });
    const timers = scene.clock.pending;
    waiting.vanish();
    await scene.settle();
    expect(scene.core.http).toMatchObject({ readers: { count: 0 }, underway: { count: 0 } });
    expect(scene.core.status()).toMatchObject({ connections: 0, watches: 0 });
    expect(scene.clock.pending).toBe(timers - 1);
  });

  it('W10 is begun with few others in one turn, however many come at once, and all have their answer', async () => {
    const scene = await start();
    const target = `/v1/kv/a?wait=60s&after=${scene.engine.epoch}.0`;
    const all = Array.from({ length: 200 }, () => scene.http.begin({ target }));
    // All that follows in this turn.
    for (let n = 0; n < 100; n++) await Promise.resolve();
    expect(scene.core.http.readers.count).toBe(50);
    await scene.settle();
    expect(scene.core.http.readers.count).toBe(200);
    await scene.put('/a', '1');
    await scene.settle();
    expect(all.map(({ text }) => text)).toEqual(all.map(() => '1'));
  });

  it('W10 that has yet to begin leaves nothing behind where its asker has gone', async () => {
    const scene = await start();
    const target = `/v1/kv/a?wait=60s&after=${scene.engine.epoch}.0`;
    const all = Array.from({ length: 60 }, () => scene.http.begin({ target }));
    for (const exchange of all.slice(50)) exchange.vanish();
    await scene.settle();
    expect(scene.core.http).toMatchObject({ readers: { count: 50 }, underway: { count: 50 } });
  });

  it('of a subtree is answered by any write in it, and by none beside it (S6)', async () => {
    const scene = await start();
    await scene.put('/app/a', '1');
    const after = await scene.read('/v1/list/app');
    const waiting = await scene.wait('/v1/list/app', after);
    await scene.put('/apple', '1');
    expect(waiting.said).toBeUndefined();
    await scene.put('/app/deep/b', '2');
    expect(waiting.said?.status).toBe(200);
    expect(waiting.json).toMatchObject({ entries: [{ path: '/app/a' }, { path: '/app/deep/b' }] });
  });

  it.each([
    ['wait=60s', 'after=POSITION'],
    ['wait=60s&after=812', 'after=POSITION'],
    ['wait=60s&after=e.1&at=1', 'without at'],
    ['wait=601s&after=e.1', 'ten minutes'],
    ['wait=11m&after=e.1', 'ten minutes'],
    ['wait=-1s&after=e.1', 'ten minutes'],
    ['wait=1h&after=e.1', 'ten minutes'],
    ['wait=&after=e.1', 'ten minutes'],
  ])('says what is wrong with %s', async (query, said) => {
    const scene = await start();
    const exchange = await scene.http.ask({ target: `/v1/kv/a?${query}` });
    expect(exchange.said?.status).toBe(400);
    expect(exchange.json).toMatchObject({ message: expect.stringContaining(said) });
  });
});

describe('W11 the rights of a read that waits', () => {
  it('are those of the moment when it ends', async () => {
    const scene = await startGuarded();
    const http = httpOf(scene);
    await scene.setRole({ name: 'reader', allow: [{ verbs: ['read'], on: '/a' }] });
    const headers = bearer(await scene.tokenOf('ada', 'reader'));
    const after = `${scene.engine.epoch}.0`;
    const now = positionOf(await http.ask({ target: '/v1/kv/a', headers }));
    const past = await http.ask({ target: `/v1/kv/other?wait=60s&after=${after}`, headers });
    expect(past.said?.status).toBe(403);
    const waiting = http.begin({ target: `/v1/kv/a?wait=60s&after=${now}`, headers });
    await scene.settle();
    await scene.setRole({ name: 'reader' });
    await scene.put('/a', 'secret');
    expect(waiting.said?.status).toBe(403);
    expect(waiting.text).not.toContain('secret');
  });

  it('end with a token that is removed', async () => {
    const scene = await startGuarded();
    const http = httpOf(scene);
    await scene.setRole({ name: 'reader', allow: [{ verbs: ['read'], on: '/a' }] });
    const token = await scene.tokenOf('ada', 'reader');
    const headers = bearer(token);
    const now = positionOf(await http.ask({ target: '/v1/kv/a', headers }));
    const waiting = http.begin({ target: `/v1/kv/a?wait=60s&after=${now}`, headers });
    await scene.settle();
    const name = /^cfr_(.{12})/.exec(token)?.[1] ?? '';
    await scene.ask(scene.admin, (id) => ({ type: 'removeToken', id, token: name }));
    expect(waiting.said?.status).toBe(401);
  });

  it('leave no line in the audit that somebody came, which would be one for each of thousands', async () => {
    const recorded: AuditEvent[] = [];
    const audit = { ...NO_AUDIT, record: (event: AuditEvent) => void recorded.push(event) };
    const auditing = { audit, isRequired: false, sensitive: ['/a'] };
    const scene = await startGuarded({ auditing });
    const http = httpOf(scene);
    const headers = bearer(scene.adminToken);
    const now = positionOf(await http.ask({ target: '/v1/kv/a', headers }));
    recorded.length = 0;
    for (let reads = 0; reads < 3; reads++)
      http.begin({ target: `/v1/kv/a?wait=60s&after=${now}`, headers });
    await scene.settle();
    expect(recorded.map(({ event }) => event)).toEqual(['read', 'read', 'read']);
    http.begin({ target: '/v1/watch/a', headers });
    await scene.settle();
    expect(recorded.slice(3).map(({ event }) => event)).toEqual(['login', 'read']);
  });
});
