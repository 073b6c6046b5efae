import { describe, expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { bearer, httpOf } from '../test-support/http-scene.ts';
import { startCore } from '../test-support/scene.ts';

const put = (path: string, body: string | Uint8Array, headers = {}) => ({
  ...{ method: 'PUT', target: `/v1/kv${path}`, body, headers },
});

describe('GET /v1/kv', () => {
  it('is the value and nothing else, with the revision of it and of the store', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    await scene.put('/app/port', '8080');
    await scene.put('/other', 'x');
    const { said, text } = await ask({ target: '/v1/kv/app/port' });
    expect(text).toBe('8080');
    expect(said).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        etag: `"${scene.revisionOf(1)}"`,
        'confer-revision': String(scene.revisionOf(2)),
        'confer-position': expect.stringMatching(
          new RegExp(`^[\\w-]+\\.${scene.revisionOf(2)}(\\.|$)`),
        ),
      },
    });
  });

  it('is text to a browser whatever it holds (attack 25)', async () => {
    const scene = await startCore();
    await scene.put('/page', '<script>alert(1)</script>');
    const { said, text } = await httpOf(scene).ask({
      target: '/v1/kv/page',
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect(text).toBe('<script>alert(1)</script>');
    expect(said?.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it('is the entry, where JSON is liked better', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    await scene.put('/a', '1');
    const typeFor = async (accept: string) => {
      const { said } = await ask({ target: '/v1/kv/a', headers: { accept } });
      return said?.headers['content-type'];
    };
    const { json } = await ask({ target: '/v1/kv/a', headers: { accept: 'application/json' } });
    expect(json).toMatchObject({ path: '/a', value: '1', version: 1, updatedBy: 'test' });
    expect(await typeFor('application/json;q=0.5, text/plain')).toContain('text/plain');
    expect(await typeFor('text/*;q=0.1, application/json')).toContain('json');
    expect(await typeFor('*/*')).toContain('text/plain');
    expect(await typeFor('image/png')).toContain('text/plain');
    expect(await typeFor('application/json;q=nonsense')).toContain('text/plain');
  });

  it('is 404 where nothing is, and empty where the value is', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    await scene.put('/empty', '');
    const empty = await ask({ target: '/v1/kv/empty' });
    expect([empty.said?.status, empty.text]).toEqual([200, '']);
    const { said, json } = await ask({ target: '/v1/kv/nothing' });
    expect(said?.status).toBe(404);
    expect(json).toEqual({
      ...{ code: 'not_found', message: 'there is nothing at /nothing', path: '/nothing' },
    });
  });

  it('is not sent again to who has it', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const revision = await scene.put('/a', '1');
    const statusFor = async (tag: string) => {
      const { said } = await ask({ target: '/v1/kv/a', headers: { 'if-none-match': tag } });
      return said?.status;
    };
    expect(await statusFor(`"${revision}"`)).toBe(304);
    expect(await statusFor(`W/"${revision}", "7"`)).toBe(304);
    expect(await statusFor('*')).toBe(304);
    expect(await statusFor(`"${revision + 1}"`)).toBe(200);
    expect(await statusFor(String(revision))).toBe(200);
  });

  it('is 412 to who asks for another than what is there', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const revision = await scene.put('/a', '1');
    const askFor = (tag: string, more = {}) =>
      ask({ target: '/v1/kv/a', headers: { 'if-match': tag, ...more } });
    for (const tag of [`"${revision}"`, `"7777", "${revision}"`, '*'])
      expect((await askFor(tag)).text).toBe('1');
    for (const tag of ['"7777"', `W/"${revision}"`, String(revision), ''])
      expect((await askFor(tag)).said?.status).toBe(412);
    const { said, json } = await askFor('"7777"', { 'if-none-match': '*' });
    expect(said).toMatchObject({ status: 412, headers: { etag: `"${revision}"` } });
    expect(json).toMatchObject({ code: 'conflict', path: '/a' });
    const nothing = await ask({ target: '/v1/kv/nothing', headers: { 'if-match': '*' } });
    expect(nothing.said?.status).toBe(404);
  });

  it('shows what was at a revision, until that is compacted', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const old = await scene.put('/a', 'old');
    const now = await scene.put('/a', 'new');
    expect((await ask({ target: `/v1/kv/a?at=${old}` })).text).toBe('old');
    expect((await ask({ target: `/v1/kv/a?at=${now + 1_000}` })).said?.status).toBe(409);
    await scene.engine.maintenance.compact(now);
    const { said, json } = await ask({ target: `/v1/kv/a?at=${old}` });
    expect(said?.status).toBe(409);
    expect(json).toMatchObject({ code: 'compacted', compactedRevision: now });
  });

  it('does not take a position that it would not look at', async () => {
    const scene = await startCore();
    await scene.put('/a', '1');
    const { said, json } = await httpOf(scene).ask({ target: '/v1/kv/a?after=e.1' });
    expect(said?.status).toBe(400);
    expect(json).toMatchObject({ message: expect.stringContaining('wait') });
  });

  it('answers HEAD with the head alone', async () => {
    const scene = await startCore();
    await scene.put('/a', '1');
    const { said, text } = await httpOf(scene).ask({ method: 'HEAD', target: '/v1/kv/a' });
    expect([said?.status, text]).toEqual([200, '']);
    expect(said?.headers).toHaveProperty('etag');
  });
});

describe('a path in an address (attack 30)', () => {
  it.each([
    ['/v1/kv/%2e%2e/a', 'invalid_path'],
    ['/v1/kv/a/%2e%2e/b', 'invalid_path'],
    ['/v1/kv/a/../b', 'invalid_path'],
    ['/v1/kv/a%2fb', 'invalid_path'],
    ['/v1/kv/a%2Fb', 'invalid_path'],
    ['/v1/kv/a%5cb\\c', 'invalid_path'],
    ['/v1/kv/a%00b', 'invalid_path'],
    ['/v1/kv/a%0d%0ab', 'invalid_path'],
    ['/v1/kv/%c0%ae%c0%ae/a', 'invalid_path'],
    ['/v1/kv/%ed%a0%80', 'invalid_path'],
    ['/v1/kv/%', 'invalid_path'],
    ['/v1/kv/%zz', 'invalid_path'],
    ['/v1/kv/\u00e9', 'invalid_path'],
    ['/v1/kv/a//b', 'invalid_path'],
    ['/v1/kv//a', 'invalid_path'],
    ['/v1/kv/a/', 'invalid_path'],
    ['/v1/kv/', 'invalid_path'],
    ['/v1/kv', 'invalid_path'],
    [`/v1/kv/${'a'.repeat(256)}`, 'invalid_path'],
  ])('%s is refused', async (target, code) => {
    const { ask } = httpOf(await startCore());
    for (const method of ['GET', 'DELETE']) {
      const { said, json } = await ask({ method, target });
      expect(said?.status).toBe(400);
      expect(json).toMatchObject({ code });
    }
  });

  it('is refused before rights are looked at, so that nobody reads //a for /a', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    const headers = bearer(await scene.tokenOf('nobody'));
    for (const target of ['/v1/kv//a', '/v1/list/a/', '/v1/log/a/%2e%2e'])
      expect((await ask({ target, headers })).said?.status).toBe(400);
  });

  it('is decoded once, and judged as what it then is', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    await scene.setRole({ name: 'app', allow: [{ verbs: ['read', 'write'], on: '/app' }] });
    const headers = bearer(await scene.tokenOf('app', 'app'));
    const statusOf = async (target: string) => (await ask({ target, headers })).said?.status;
    expect(await statusOf('/v1/kv/app/x')).toBe(404);
    expect(await statusOf('/v1/kv/%61pp/x')).toBe(404);
    expect(await statusOf('/v1/kv/app%252fx')).toBe(403);
    expect(await statusOf('/v1/kv/app/..%252fx')).toBe(404);
    expect(await statusOf('/v1/kv/apple')).toBe(403);
    expect(await statusOf('/v1/kv/.confer/auth/roles/app')).toBe(403);
    const key = '/v1/kv/app/%C3%A9%20%252Fslash';
    expect((await ask({ ...put('', 'x', headers), target: key })).said?.status).toBe(200);
    await scene.settle();
    const { json } = await ask({
      target: key,
      headers: { ...headers, accept: 'application/json' },
    });
    expect(json).toMatchObject({ path: '/app/é %2Fslash', value: 'x', updatedBy: 'app' });
  });
});

describe('PUT /v1/kv', () => {
  it('stores the body to the last byte, and tells its revision', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    for (const value of ['', 'x\n', '\ufeffmark', 'a\u0000b', '€🎉', '{"a":1}']) {
      const { said, json } = await ask(put('/a', value, { 'content-type': 'application/json' }));
      expect(said?.status).toBe(200);
      const revision = Number(said?.headers['confer-revision']);
      expect(json).toEqual({ revision, puts: 1, deletes: 0 });
      expect(said?.headers).toMatchObject({ etag: `"${revision}"` });
      expect((await ask({ target: '/v1/kv/a' })).text).toBe(value);
    }
  });

  it('takes a value of a megabyte, and refuses a longer one before it is read', async () => {
    const { ask } = httpOf(await startCore());
    const full = 'x'.repeat(1024 * 1024);
    expect((await ask(put('/a', full))).said?.status).toBe(200);
    const { said, json } = await ask(put('/a', `${full}x`));
    expect(said?.status).toBe(413);
    expect(json).toMatchObject({ code: 'too_large' });
    expect((await ask({ target: '/v1/kv/a' })).text).toHaveLength(full.length);
  });

  it.each([
    [{ 'content-type': 'multipart/form-data; boundary=x' }],
    [{ 'content-encoding': 'gzip' }],
    [{ 'content-type': 'text/plain; charset=iso-8859-1' }],
  ])('refuses what is not the value itself: %j', async (headers) => {
    const { said, json } = await httpOf(await startCore()).ask(put('/a', 'x', headers));
    expect(said?.status).toBe(415);
    expect(json).toMatchObject({ code: 'unsupported_media_type' });
  });

  it.each([[[0xff]], [[0xc0, 0xae]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])(
    'refuses bytes that are no UTF-8: %j',
    async (bytes) => {
      const { ask } = httpOf(await startCore());
      const { said, json } = await ask(put('/a', Uint8Array.from(bytes)));
      expect(said?.status).toBe(400);
      expect(json).toMatchObject({ code: 'invalid_value' });
      expect((await ask({ target: '/v1/kv/a' })).said?.status).toBe(404);
    },
  );

  it('S2 writes by If-Match only over what the writer saw, and tells a reader what is there', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const first = await scene.put('/a', '1');
    await scene.put('/a', '2');
    const { said, json } = await ask(put('/a', '3', { 'if-match': `"${first}"` }));
    expect(said?.status).toBe(412);
    expect(json).toMatchObject({ code: 'conflict', path: '/a', current: { value: '2' } });
    const current = String((await ask({ target: '/v1/kv/a' })).said?.headers.etag);
    expect((await ask(put('/a', '3', { 'if-match': current }))).said?.status).toBe(200);
    expect((await ask(put('/b', '1', { 'if-match': '*' }))).said?.status).toBe(412);
    expect((await ask(put('/b', '1', { 'if-none-match': '*' }))).said?.status).toBe(200);
    expect((await ask(put('/b', '1', { 'if-none-match': '*' }))).said?.status).toBe(412);
  });

  it.each([
    { 'if-match': '801' },
    { 'if-match': 'W/"801"' },
    { 'if-match': '"1", "2"' },
    { 'if-match': '"x"' },
    { 'if-match': '' },
    { 'if-match': ' ' },
    { 'if-match': '"08"' },
    { 'if-match': '"0"' },
    { 'if-none-match': '' },
    { 'if-match': '"1"', 'if-none-match': '' },
    { 'if-match': '"99999999999999999"' },
    { 'if-none-match': '"801"' },
    { 'if-match': '*', 'if-none-match': '*' },
    { 'idempotency-key': 'x'.repeat(65) },
    { 'idempotency-key': 'a b' },
    { 'idempotency-key': '' },
    { 'idempotency-key': 'caf\u00e9' },
  ])('refuses a precondition that it would have to guess at: %j', async (headers) => {
    const { ask } = httpOf(await startCore());
    const { said, json } = await ask(put('/a', 'x', headers));
    expect(said?.status).toBe(400);
    expect(json).toMatchObject({ code: 'invalid_message' });
    expect((await ask({ target: '/v1/kv/a' })).said?.status).toBe(404);
  });

  it('S4 does a write once, however often it is sent with the same key', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const again = put('/a', '1', { 'idempotency-key': 'deploy-7', 'if-none-match': '*' });
    const first = await ask(again);
    await scene.put('/a', '2');
    const second = await ask(again);
    expect([first.said?.status, second.said?.status]).toEqual([200, 200]);
    expect(second.json).toEqual(first.json);
    expect((await ask({ target: '/v1/kv/a' })).text).toBe('2');
  });

  it('S4 keeps keys apart by whose they are (attack 13)', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    await scene.setRole({ name: 'w', allow: [{ verbs: ['read', 'write'], on: '/' }] });
    const write = async (name: string, value: string) => {
      const headers = { ...bearer(await scene.tokenOf(name, 'w')), 'idempotency-key': 'same' };
      return (await ask(put('/a', value, headers))).json;
    };
    expect(await write('one', '1')).not.toEqual(await write('two', '2'));
  });

  it('keeps the note, and no line break of it gets further than that (attack 26)', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    await ask({ ...put('/a', '1'), target: '/v1/kv/a?note=why+%0d%0aSet-Cookie:%20x' });
    const { json, said } = await ask({ target: '/v1/log/' });
    expect(json).toMatchObject({ commits: [{ note: 'why \r\nSet-Cookie: x' }] });
    expect(said?.headers).not.toHaveProperty('set-cookie');
  });

  it('does not write for who went before the body was whole', async () => {
    const scene = await startCore();
    const { begin, ask } = httpOf(scene);
    const cut = begin({ method: 'PUT', target: '/v1/kv/a', headers: { 'content-length': '5' } });
    await scene.settle();
    expect(scene.core.http.underway.count).toBe(1);
    cut.vanish();
    await scene.settle();
    expect(scene.core.http.underway.count).toBe(0);
    expect((await ask({ target: '/v1/kv/a' })).said?.status).toBe(404);
  });

  it('gives a body up that does not come', async () => {
    const scene = await startCore();
    const { begin } = httpOf(scene);
    const slow = begin({ method: 'PUT', target: '/v1/kv/a', headers: { 'content-length': '5' } });
    await scene.settle();
    await scene.clock.advance(120_000);
    await scene.settle();
    expect(slow.said?.status).toBe(408);
    expect(scene.core.http.underway.count).toBe(0);
  });
});

describe('DELETE /v1/kv', () => {
  it('removes one entry, and a subtree only where that is said', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    for (const path of ['/a', '/a/b', '/a/c', '/apple']) await scene.put(path, '1');
    const remove = (target: string, headers = {}) => ask({ method: 'DELETE', target, headers });
    expect((await remove('/v1/kv/a')).json).toMatchObject({ deletes: 1 });
    expect((await remove('/v1/kv/a')).json).toMatchObject({ deletes: 0 });
    expect((await remove('/v1/kv/a?recursive')).json).toMatchObject({ deletes: 2 });
    expect((await ask({ target: '/v1/kv/apple' })).said?.status).toBe(200);
    expect((await remove('/v1/kv/apple', { 'if-match': '"999"' })).said?.status).toBe(412);
    const { said, json } = await remove('/v1/kv/a?recursive', { 'if-match': '*' });
    expect(said?.status).toBe(400);
    expect(json).toMatchObject({ message: expect.stringContaining('unchangedSince') });
    expect((await remove('/v1/kv/?recursive=true')).json).toMatchObject({ deletes: 1 });
  });

  it('S6 does not touch what is the servers own', async () => {
    const { ask } = httpOf(await startCore());
    const { said, json } = await ask({ method: 'DELETE', target: '/v1/kv/.confer?recursive' });
    expect(said?.status).toBe(403);
    expect(json).toMatchObject({ code: 'reserved_path' });
  });
});
