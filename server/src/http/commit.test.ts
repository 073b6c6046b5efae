import { describe, expect, it } from 'vitest';
import { NO_AUDIT } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/events.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { bearer, httpOf } from '../test-support/http-scene.ts';
import { startCore } from '../test-support/scene.ts';

const json = { 'content-type': 'application/json' };

const commit = (body: object | string, headers = {}) => ({
  ...{ method: 'POST', target: '/v1/commit', headers: { ...json, ...headers } },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const put = (path: string, value = '1') => ({ type: 'put', path, value });

describe('POST /v1/commit', () => {
  it('S3 writes all of it as one commit, or nothing', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const first = await ask(commit({ operations: [put('/a'), put('/b')], note: 'both' }));
    expect(first.said?.status).toBe(200);
    expect(first.json).toEqual({ revision: expect.any(Number), puts: 2, deletes: 0 });
    const conditions = [{ path: '/a', modRevision: 0 }];
    const second = await ask(commit({ operations: [put('/c')], conditions }));
    expect(second.said?.status).toBe(409);
    expect(second.json).toMatchObject({ code: 'conflict', path: '/a', current: { value: '1' } });
    expect((await ask({ target: '/v1/kv/c' })).said?.status).toBe(404);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', '', 'application/json-patch+json'])(
    'takes JSON alone, as what else a page may post unasked is not said to be it: %j (attack 24)',
    async (type) => {
      const { ask } = httpOf(await startCore());
      const body = commit({ operations: [put('/a')] }, { 'content-type': type });
      expect((await ask(body)).said?.status).toBe(415);
      expect((await ask({ target: '/v1/kv/a' })).said?.status).toBe(404);
    },
  );

  it.each([
    ['', 'bad_message'],
    ['[]', 'bad_message'],
    ['{"operations":[]}{}', 'bad_message'],
    [`{"operations":${'['.repeat(2_000)}`, 'bad_message'],
    ['{}', 'invalid_message'],
    ['{"operations":[]}', 'invalid_message'],
    ['{"operations":[{"type":"put","path":"/a"}]}', 'invalid_message'],
    ['{"operations":[{"type":"put","path":"a","value":""}]}', 'invalid_path'],
    ['{"operations":[{"type":"put","path":"/.confer/x","value":""}]}', 'reserved_path'],
    ['{"operations":[{"type":"put","path":"/a","value":""}],"part":0}', 'invalid_message'],
    ['{"operations":[{"type":"put","path":"/a","value":""}],"requestId":""}', 'invalid_message'],
    ['{"operations":[{"type":"put","path":"/a","value":"\\ud800"}]}', 'invalid_value'],
  ])('refuses %s as %s', async (body, code) => {
    const { ask } = httpOf(await startCore());
    const { said, json: answer } = await ask(commit(body));
    expect(answer).toMatchObject({ code });
    expect(said?.status).toBe(code === 'reserved_path' ? 403 : 400);
  });

  it('is a commit whatever else its body claims to be', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    await scene.setRole({ name: 'w', allow: [{ verbs: ['write'], on: '/a' }] });
    const headers = bearer(await scene.tokenOf('w', 'w'));
    const body = { type: 'createToken', name: 'mine', roles: ['admin'], operations: [put('/a/b')] };
    expect((await ask(commit(body, headers))).json).toMatchObject({ puts: 1 });
    const { said } = await ask(commit({ operations: [put('/a/b'), put('/b')] }, headers));
    expect(said?.status).toBe(403);
  });

  it('S4 has one id, from its body or its header, and no two', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const body = { operations: [put('/a')], requestId: 'one' };
    const first = await ask(commit(body));
    await scene.put('/a', '2');
    const again = commit({ operations: [put('/a')] }, { 'idempotency-key': 'one' });
    expect((await ask(again)).json).toEqual(first.json);
    expect((await ask(commit(body, { 'idempotency-key': 'one' }))).json).toEqual(first.json);
    const { said, json: answer } = await ask(commit(body, { 'idempotency-key': 'two' }));
    expect(said?.status).toBe(400);
    expect(answer).toMatchObject({ code: 'invalid_message' });
  });

  it('is read in a turn that has time for it, as what others sent is', async () => {
    const scene = await startCore();
    const { begin } = httpOf(scene);
    // What else came has taken all the time of this turn.
    expect(scene.core.http.turns.isTime).toBe(true);
    await scene.clock.advance(20);
    const broken = begin(commit('no JSON'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(broken.said).toBeUndefined();
    await scene.settle();
    expect(broken.json).toMatchObject({ code: 'bad_message' });
  });

  it('is a part of the trace that its header names, and of none where that is no name', async () => {
    const recorded: AuditEvent[] = [];
    const audit = { ...NO_AUDIT, record: (event: AuditEvent) => void recorded.push(event) };
    const scene = await startCore({ auditing: { audit, isRequired: false, sensitive: [] } });
    const { ask } = httpOf(scene);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    for (const header of [traceparent, 'nonsense']) {
      const said = { traceparent: header };
      await ask(commit({ operations: [put('/a')] }, said));
      await ask({ method: 'PUT', target: '/v1/kv/a', body: 'x', headers: said });
    }
    const traces = recorded.map((event) => ('traceparent' in event ? event.traceparent : ''));
    expect(traces).toEqual([traceparent, traceparent, '', '']);
  });

  it('tells who may not read no value that is there (attack 11)', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    await scene.put('/a', 'secret');
    await scene.setRole({ name: 'w', allow: [{ verbs: ['write'], on: '/a' }] });
    const headers = bearer(await scene.tokenOf('w', 'w'));
    const conditions = [{ path: '/a', modRevision: 0 }];
    const { said, text } = await ask(commit({ operations: [put('/a')], conditions }, headers));
    expect(said?.status).toBe(409);
    expect(text).not.toContain('secret');
    const match = { method: 'PUT', target: '/v1/kv/a', body: 'x' };
    const failed = await ask({ ...match, headers: { ...headers, 'if-none-match': '*' } });
    expect(failed.said?.status).toBe(412);
    expect(failed.text).not.toContain('secret');
  });
});

describe('the past', () => {
  it('is that of an entry, and that of a subtree, page by page', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene);
    const revisions = [await scene.put('/a/x', '1'), await scene.put('/a/x', '2')];
    revisions.push(await scene.put('/a/y', '3'));
    const history = await ask({ target: '/v1/history/a/x?limit=1' });
    expect(history.json).toMatchObject({
      commits: [{ revision: revisions[1], changes: [{ type: 'put', entry: { value: '2' } }] }],
      next: { at: revisions[0] },
    });
    const log = await ask({ target: '/v1/log/a' });
    expect(log.json).toMatchObject({
      commits: [...revisions].reverse().map((revision) => ({ revision })),
    });
    expect(log.text).not.toContain('"value"');
    const old = await ask({ target: `/v1/log/a?at=${revisions[1]}&values` });
    expect(old.json).toMatchObject({ commits: [{ changes: [{ prev: { value: '1' } }] }, {}] });
    expect((await ask({ target: '/v1/log/a?after=/a/x' })).said?.status).toBe(400);
  });

  it('W11 is for who may read now, whatever he could then (attack 14)', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    const at = await scene.put('/a', '1');
    await scene.setRole({ name: 'r', allow: [{ verbs: ['read'], on: '/' }] });
    const headers = bearer(await scene.tokenOf('r', 'r'));
    const targets = [`/v1/kv/a?at=${at}`, `/v1/list/?at=${at}`, '/v1/history/a', '/v1/log/'];
    const statuses = async () => {
      const asked = await Promise.all(targets.map((target) => ask({ target, headers })));
      return asked.map(({ said }) => said?.status);
    };
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await scene.setRole({ name: 'r', allow: [] });
    expect(await statuses()).toEqual([403, 403, 403, 403]);
  });
});
