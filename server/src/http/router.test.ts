import { describe, expect, it } from 'vitest';
import { NO_AUDIT } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/events.ts';
import { requireOverAll } from '../auth/authorise.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { bearer, httpOf } from '../test-support/http-scene.ts';
import { startCore } from '../test-support/scene.ts';
import { textAnswer } from './answers.ts';
import type { Route, Visit } from './route.ts';
import { storeRoutes } from './routes.ts';

describe('an address', () => {
  it('that is none is answered with 404, as JSON that says where to look', async () => {
    const { ask } = httpOf(await startCore());
    const { said, json } = await ask({ target: '/v2/kv/a' });
    expect(said?.status).toBe(404);
    expect(said?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
    });
    expect(json).toMatchObject({ code: 'not_found', message: expect.stringContaining('openapi') });
  });

  it('tells by OPTIONS and by 405 which methods it takes, and lets no foreign page in', async () => {
    const { ask } = httpOf(await startCore());
    const options = await ask({ method: 'OPTIONS', target: '/v1/kv/a' });
    expect(options.said?.status).toBe(204);
    expect(options.said?.headers).toMatchObject({ allow: 'GET, PUT, DELETE, HEAD, OPTIONS' });
    const names = Object.keys(options.said?.headers ?? {});
    expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
    const { said, json } = await ask({ method: 'PATCH', target: '/v1/status' });
    expect(said?.status).toBe(405);
    expect(said?.headers).toMatchObject({ allow: 'GET, HEAD, OPTIONS' });
    expect(json).toMatchObject({ code: 'method_not_allowed' });
  });

  it('is compared as it came: an escaped letter of a route is another address', async () => {
    const { ask } = httpOf(await startCore());
    expect((await ask({ target: '/v1/%73tatus' })).said?.status).toBe(404);
    expect((await ask({ target: '/v1//status' })).said?.status).toBe(404);
    expect((await ask({ target: '/v1/status/' })).said?.status).toBe(404);
  });

  it.each(['/v1/status?verbose', '/v1/kv/a?at=1&at=2', '/v1/kv/a?at=-1', '/v1/kv/a?at=%ff'])(
    'takes no parameter that it does not know, and none twice: %s',
    async (target) => {
      const { ask } = httpOf(await startCore());
      const { said, json } = await ask({ target });
      expect(said?.status).toBe(400);
      expect(json).toMatchObject({ code: 'invalid_message' });
    },
  );
});

describe('a stranger, where everybody is asked who he is', () => {
  it('gets 401 at each route of the store, and how to say who he is (attack 2)', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    for (const { method, pattern } of storeRoutes) {
      const { said, json } = await ask({ method, target: pattern.replace('*', 'a'), body: '' });
      expect(said?.status).toBe(401);
      expect(said?.headers['www-authenticate']).toBe('Bearer realm="confer"');
      expect(json).toEqual({ code: 'unauthenticated', message: expect.any(String) });
    }
  });

  it('learns nothing either with a token that gives nothing (attack 2)', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    await scene.put('/a', 'secret');
    const headers = {
      ...bearer(await scene.tokenOf('nobody')),
      'content-type': 'application/json',
    };
    const body = '{"operations":[{"type":"put","path":"/a","value":"1"}]}';
    // What is the asker's own, and how the server is, without its figures.
    const own = ['/v1/whoami', '/v1/status'];
    for (const { method, pattern } of storeRoutes) {
      const target = pattern.replace('*', 'a');
      const { said, text } = await ask({ method, target, headers, body });
      expect([target, said?.status]).toEqual([target, own.includes(target) ? 200 : 403]);
      expect(text).not.toMatch(/secret|"entries":\d/);
    }
    expect(scene.engine.reads.get('/a')).toMatchObject({ value: 'secret', version: 1 });
  });

  it('is looked at before anything that he asks', async () => {
    const { ask } = httpOf(await startGuarded());
    expect((await ask({ target: '/v1/kv/%ff?bad=1' })).said?.status).toBe(401);
  });

  it('is refused without a look after ten bad tokens, and the counter says so', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    const statusOf = async (headers: Record<string, string>, address?: string) => {
      const asked = { target: '/v1/whoami', headers, ...(address && { address }) };
      return (await ask(asked)).said?.status;
    };
    for (let i = 0; i < 10; i++) expect(await statusOf(bearer('nobodys'))).toBe(401);
    const right = bearer(scene.adminToken);
    const { said } = await ask({ target: '/v1/whoami', headers: right });
    expect(said?.status).toBe(429);
    expect(said?.headers['retry-after']).toBe('5');
    expect(await statusOf(right, '198.51.100.7')).toBe(200);
    expect(scene.core.counters()).toMatchObject({ 'requestsRefused.unauthenticated': 10 });
  });

  it('is written down where everything is, without what he said', async () => {
    const recorded: AuditEvent[] = [];
    const audit = { ...NO_AUDIT, record: (event: AuditEvent) => void recorded.push(event) };
    const scene = await startGuarded({ auditing: { audit, isRequired: false, sensitive: [] } });
    const { ask } = httpOf(scene);
    await ask({ target: '/v1/whoami', headers: bearer('nobodys'), address: '198.51.100.7' });
    const headers = bearer(scene.adminToken);
    await ask({ target: '/v1/whoami', headers });
    const logins = recorded.filter(({ event }) => event === 'loginFailed' || event === 'login');
    expect(logins.at(-1)).toMatchObject({
      ...{ event: 'loginFailed', who: { kind: 'unknown', address: '198.51.100.7' } },
    });
    expect(JSON.stringify(recorded)).not.toContain('nobodys');
  });

  it.each(['Basic cm9vdDpyb290', 'Bearer', 'Bearer a b', 'Bearer a,b'])(
    'is one with anything but a bearer token: %s',
    async (authorization) => {
      const { ask } = httpOf(await startGuarded());
      const { said } = await ask({ target: '/v1/whoami', headers: { authorization } });
      expect(said?.status).toBe(401);
    },
  );
});

describe('somebody with a token', () => {
  it('is who the token says, and no header makes him another (attack 28)', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    const headers = {
      ...bearer(scene.adminToken),
      'x-user': 'somebody',
      serverIdentity: 'security',
      'user-agent': 'Confer-Server',
    };
    const { said, json } = await ask({ target: '/v1/whoami', headers });
    expect(said?.status).toBe(200);
    expect(json).toMatchObject({ principal: 'root', kind: 'token', roles: ['admin'] });
  });

  it('is nobody any more once the token is disabled', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene);
    const token = await scene.tokenOf('leaver');
    const headers = bearer(token);
    expect((await ask({ target: '/v1/whoami', headers })).said?.status).toBe(200);
    const name = token.split('_')[1] ?? '';
    await scene.ask(scene.admin, (id) => ({
      type: 'updateToken',
      id,
      token: name,
      disabled: true,
    }));
    expect((await ask({ target: '/v1/whoami', headers })).said?.status).toBe(401);
  });
});

describe('a route that knows nothing of the store', () => {
  const routes: readonly Route[] = [
    {
      ...{ method: 'GET', pattern: '/livez', query: [], access: 'anybody' },
      handle: () => textAnswer('alive\n'),
    },
    {
      ...{ method: 'GET', pattern: '/metrics', query: [], access: 'anybody' },
      handle: async ({ who }: Visit) => {
        const principal = await who();
        if (principal !== undefined) requireOverAll(principal, 'operate');
        return textAnswer(principal === undefined ? 'a stranger\n' : `${principal.name}\n`);
      },
    },
  ];

  it('answers while nothing is served, which the others do not', async () => {
    const { ask } = httpOf(await startCore(), {
      routes: [...routes, ...storeRoutes],
      isServing: () => false,
    });
    expect((await ask({ target: '/livez' })).text).toBe('alive\n');
    const { said, json } = await ask({ target: '/v1/status' });
    expect(said?.status).toBe(503);
    expect(said?.headers['retry-after']).toBe('5');
    expect(json).toMatchObject({ code: 'shutting_down' });
  });

  it('knows who asks, where he says so, and may ask for a right', async () => {
    const scene = await startGuarded();
    const { ask } = httpOf(scene, { routes });
    const target = '/metrics';
    expect((await ask({ target })).text).toBe('a stranger\n');
    expect((await ask({ target, headers: bearer(scene.adminToken) })).text).toBe('root\n');
    expect((await ask({ target, headers: bearer('nobodys') })).said?.status).toBe(401);
    const headers = bearer(await scene.tokenOf('guest'));
    expect((await ask({ target, headers })).said?.status).toBe(403);
  });

  it('is answered as a bug where it throws what nobody expected, and the log says more', async () => {
    const scene = await startCore();
    const { ask } = httpOf(scene, {
      routes: [
        {
          ...{ method: 'GET', pattern: '/broken', query: [], access: 'anybody' },
          handle: () => {
            throw new Error('a secret of the server');
          },
        },
      ],
    });
    const { said, text } = await ask({ target: '/broken' });
    expect(said?.status).toBe(500);
    expect(text).not.toContain('secret');
    expect(scene.said.join()).toContain('a secret of the server');
  });
});

describe('a request', () => {
  it('waits for a turn that has time for it', async () => {
    const scene = await startCore();
    await scene.put('/a', '1');
    const { begin } = httpOf(scene);
    // What came before has taken all the time of this turn.
    expect(scene.core.http.turns.isTime).toBe(true);
    await scene.clock.advance(20);
    const late = begin({ target: '/v1/kv/a' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(late.said).toBeUndefined();
    await scene.settle();
    expect(late.text).toBe('1');
  });
});

describe('a server that stops', () => {
  it('finishes the requests that it took, and takes no more', async () => {
    const scene = await startCore();
    const { begin, ask } = httpOf(scene);
    const write = begin({ method: 'PUT', target: '/v1/kv/last', body: 'words' });
    const stopped = scene.core.stop();
    const { said } = await ask({ target: '/v1/kv/last' });
    expect(said?.status).toBe(503);
    await scene.clock.advance(1_000);
    await stopped;
    expect(write.said?.status).toBe(200);
  });
});
