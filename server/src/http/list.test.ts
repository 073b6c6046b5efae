import { describe, expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { bearer, type HttpScene, httpOf } from '../test-support/http-scene.ts';
import type { MemoryExchange } from '../test-support/memory-exchange.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

const ndjson = { accept: 'application/x-ndjson' };

function linesOf({ text }: Pick<MemoryExchange, 'text'>): unknown[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

async function scene(): Promise<Scene & HttpScene> {
  const started = await startCore();
  return { ...started, ...httpOf(started) };
}

/** So many entries that a listing of them has several pages. */
async function fill({ put }: Pick<Scene, 'put'>, count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await put(`/big/${i}`, String(i).repeat(512 * 1024));
}

describe('GET /v1/list', () => {
  it('is a page in the order of the tree, and goes on after it at the same revision', async () => {
    const { ask, put } = await scene();
    for (const path of ['/a', '/a/b', '/a/b/c', '/a-b', '/z']) await put(path, '1');
    const first = await ask({ target: '/v1/list/a?limit=2' });
    expect(first.json).toMatchObject({
      entries: [{ path: '/a', value: '1' }, { path: '/a/b' }],
      next: '/a/b',
    });
    const revision = first.said?.headers['confer-revision'];
    await put('/a/d', '1');
    const rest = await ask({ target: `/v1/list/a?at=${revision}&after=/a/b&values=false` });
    expect(rest.json).toMatchObject({ entries: [{ path: '/a/b/c' }], folders: [] });
    expect(rest.text).not.toContain('value');
    expect(rest.json).not.toHaveProperty('next');
  });

  it('is of everything without a path, and names folders where it ends', async () => {
    const { ask, put } = await scene();
    for (const path of ['/a/b', '/c']) await put(path, '1');
    for (const target of ['/v1/list?depth=1', '/v1/list/?depth=1'])
      expect((await ask({ target })).json).toMatchObject({
        ...{ entries: [{ path: '/c' }], folders: ['/a'] },
      });
  });

  it.each(['/v1/list/a/', '/v1/list//', '/v1/list/a?limit=0', '/v1/list/a?after=/b'])(
    'refuses %s',
    async (target) => {
      expect((await (await scene()).ask({ target })).said?.status).toBe(400);
    },
  );

  it('is refused as a whole where a part may not be read (attacks 8, 9)', async () => {
    const guarded = await startGuarded();
    const { ask } = httpOf(guarded);
    await guarded.setRole({
      name: 'app',
      allow: [{ verbs: ['read'], on: '/app' }],
      deny: [{ verbs: ['read'], on: '/app/secret' }],
    });
    const headers = bearer(await guarded.tokenOf('app', 'app'));
    for (const accept of ['application/json', 'application/x-ndjson'])
      for (const target of ['/v1/list/app', '/v1/list']) {
        const { said, json } = await ask({ target, headers: { ...headers, accept } });
        expect(said?.status).toBe(403);
        expect(json).toMatchObject({ code: 'forbidden' });
      }
    const { json } = await ask({ target: '/v1/list/app', headers });
    expect(json).toMatchObject({ path: '/app/secret' });
    expect((await ask({ target: '/v1/list/app/open', headers })).said?.status).toBe(200);
  });
});

describe('a listing as lines', () => {
  it('is all of a subtree at one revision, whatever is written meanwhile', async () => {
    const { ask, put, begin, settle, remove } = await scene();
    await fill({ put });
    await put('/other', 'x');
    const slow = begin({ target: '/v1/list/big', headers: ndjson });
    slow.isWritable = false;
    await settle();
    const heldBytes = slow.text.length;
    expect(heldBytes).toBeGreaterThan(0);
    // What waits for its reader is a page, and not all of it.
    expect(heldBytes).toBeLessThan(2 * 1024 * 1024);
    await remove('/big/4');
    await put('/big/9', 'late');
    await settle();
    expect(slow.text.length).toBe(heldBytes);
    slow.drain();
    await settle();
    expect(slow.isEnded).toBe(true);
    expect(slow.said?.headers['content-type']).toBe('application/x-ndjson');
    expect(linesOf(slow)).toMatchObject([0, 1, 2, 3, 4].map((i) => ({ path: `/big/${i}` })));
    const { text } = await ask({ target: '/v1/list/big?values=false', headers: ndjson });
    expect(text).not.toContain('"value"');
    expect(text).toContain('/big/9');
  });

  it('names folders among the entries, and is empty where nothing is', async () => {
    const { ask, put } = await scene();
    for (const path of ['/a', '/b/x', '/c', '/d/x']) await put(path, '1');
    const some = await ask({ target: '/v1/list?depth=1', headers: ndjson });
    expect(linesOf(some)).toMatchObject([
      ...[{ path: '/a' }, { folder: '/b' }, { path: '/c' }, { folder: '/d' }],
    ]);
    const none = await ask({ target: '/v1/list/nothing', headers: ndjson });
    expect([none.said?.status, none.text, none.isEnded]).toEqual([200, '', true]);
  });

  it('is cut off, and never ended as if it were whole, where it cannot go on', async () => {
    const { begin, put, settle, engine } = await scene();
    await fill({ put });
    const slow = begin({ target: '/v1/list/big', headers: ndjson });
    slow.isWritable = false;
    await settle();
    const last = await put('/big/0', 'x');
    await engine.maintenance.compact(last);
    slow.drain();
    await settle();
    expect([slow.isEnded, slow.isTerminated]).toEqual([false, true]);
  });

  it('W11 is cut off where its reader may not read on', async () => {
    const guarded = await startGuarded();
    const { begin } = httpOf(guarded);
    await fill(guarded);
    await guarded.setRole({ name: 'r', allow: [{ verbs: ['read'], on: '/big' }] });
    const headers = { ...ndjson, ...bearer(await guarded.tokenOf('reader', 'r')) };
    const slow = begin({ target: '/v1/list/big', headers });
    slow.isWritable = false;
    await guarded.settle();
    const before = slow.text;
    await guarded.setRole({ name: 'r', allow: [] });
    slow.drain();
    await guarded.settle();
    expect([slow.isEnded, slow.isTerminated]).toEqual([false, true]);
    expect(slow.text).toBe(before);
  });

  it('ends with who reads it, and lets go of its place', async () => {
    const { begin, put, settle, core } = await scene();
    await fill({ put });
    const slow = Array.from({ length: 16 }, () => {
      const one = begin({ target: '/v1/list/big', headers: ndjson });
      one.isWritable = false;
      return one;
    });
    await settle();
    const more = begin({ target: '/v1/list/big', headers: ndjson });
    await settle();
    expect(more.said?.status).toBe(429);
    for (const one of slow) one.vanish();
    await settle();
    expect(core.http.underway.count).toBe(0);
    const again = begin({ target: '/v1/list/big', headers: ndjson });
    await settle();
    expect(again.isEnded).toBe(true);
  });

  it('answers HEAD without reading on, and knows no limit', async () => {
    const { ask, put } = await scene();
    await put('/a', '1');
    const head = await ask({ method: 'HEAD', target: '/v1/list', headers: ndjson });
    expect([head.said?.status, head.text]).toEqual([200, '']);
    expect((await ask({ target: '/v1/list?limit=1', headers: ndjson })).said?.status).toBe(400);
  });
});
