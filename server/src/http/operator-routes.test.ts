import { describe, expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { bearer, httpOf } from '../test-support/http-scene.ts';
import { type Scene, startCore } from '../test-support/scene.ts';
import { operatorRoutes } from './operator-routes.ts';

const view = {
  livez: () => ({ status: 200, text: 'alive\n' }),
  readyz: (isVerbose: boolean) => ({
    status: 503,
    text: isVerbose ? '[-] phase: draining\ndown\n' : 'down\n',
  }),
  metrics: async () => ({
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    text: '# HELP confer_ready ...\n',
  }),
};

function asking(scene: Scene, isGuarded: boolean, isServing = true) {
  const routes = operatorRoutes(view, isGuarded);
  const { ask } = httpOf(scene, { routes, isServing: () => isServing });
  return async (target: string, token?: string) => {
    const headers = token === undefined ? {} : bearer(token);
    const { said, text } = await ask({ target, headers });
    return `${said?.status} ${text}`;
  };
}

describe('where everybody is asked who they are', () => {
  it('a probe needs no token, is told one word, and a bad token does it no harm', async () => {
    const ask = asking(await startGuarded(), true);
    expect(await ask('/livez')).toBe('200 alive\n');
    expect(await ask('/readyz')).toBe('503 down\n');
    expect(await ask('/readyz', 'nobodys')).toBe('503 down\n');
    expect(await ask('/readyz?verbose=false')).toBe('503 down\n');
    expect(await ask('/readyz?why')).toMatch(/^400 .*invalid_message/);
  });

  it.each(['/metrics', '/readyz?verbose'])(
    '%s needs the right to operate: of a stranger, of a token without it, of the bootstrap token (attack 2)',
    async (target) => {
      const scene = await startGuarded();
      const ask = asking(scene, true);
      expect(await ask(target)).toMatch(/^401 .*"unauthenticated"/);
      expect(await ask(target, 'nobodys')).toMatch(/^401 .*"unauthenticated"/);
      await scene.setRole({ name: 'reader', allow: [{ verbs: ['read'], on: '/' }] });
      await scene.setRole({ name: 'half', allow: [{ verbs: ['operate'], on: '/shop' }] });
      for (const role of ['reader', 'half'])
        expect(await ask(target, await scene.tokenOf(`of-${role}`, role))).toMatch(
          /^403 .*"forbidden"/,
        );
      await scene.setRole({ name: 'operator', allow: [{ verbs: ['operate'], on: '/' }] });
      expect(await ask(target, await scene.tokenOf('ops', 'operator'))).toMatch(
        /^(200 # HELP|503 \[-\])/,
      );
    },
  );

  it('who may operate is not known while nothing is served, and nobody is told more than a stranger', async () => {
    const scene = await startGuarded();
    const ask = asking(scene, true, false);
    expect(await ask('/readyz')).toBe('503 down\n');
    expect(await ask('/readyz?verbose', scene.adminToken)).toMatch(/^401 /);
    expect(await ask('/metrics', scene.adminToken)).toMatch(/^503 .*"shutting_down"/);
  });
});

describe('where nobody is asked', () => {
  it('everybody who comes in is told all of it', async () => {
    const ask = asking(await startCore(), false);
    expect(await ask('/readyz?verbose')).toBe('503 [-] phase: draining\ndown\n');
    expect(await ask('/metrics')).toBe('200 # HELP confer_ready ...\n');
  });

  it('the metrics are there while nothing is served, as that is what they tell of', async () => {
    const ask = asking(await startCore(), false, false);
    expect(await ask('/metrics')).toMatch(/^200 /);
  });
});
