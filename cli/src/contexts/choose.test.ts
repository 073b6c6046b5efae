import { describe, expect, test } from 'vitest';
import { chooseServer, type ServerFlags } from './choose.ts';
import type { Contexts } from './profile.ts';

const contexts: Contexts = {
  current: 'dev',
  profiles: new Map([
    ['dev', { url: 'http://dev', tokenFile: '/dev.token', ca: '/dev.pem' }],
    ['prod', { url: 'https://prod', tokenFile: '/prod.token', production: true as const }],
  ]),
};
const choose = (flags: ServerFlags, env: Record<string, string> = {}) =>
  chooseServer(flags, env, () => contexts);

describe('which server a command talks to', () => {
  test('is that of the context in use where nothing else is said', () => {
    expect(choose({})).toMatchObject({
      ...{ url: 'http://dev', tokenFile: '/dev.token', tls: { ca: '/dev.pem' } },
      chosen: { name: 'dev', production: false },
    });
    expect(chooseServer({}, {}, () => ({ current: undefined, profiles: new Map() }))).toMatchObject(
      { url: 'http://127.0.0.1:7480', chosen: undefined },
    );
  });

  test('is that of a flag before the environment, and of that before the context in use', () => {
    const env = { CONFER_URL: 'http://env', CONFER_CA: '/env.pem' };
    expect(choose({ url: 'http://flag' }, env).url).toBe('http://flag');
    expect(choose({}, env)).toMatchObject({ url: 'http://env', tls: { ca: '/env.pem' } });
    expect(choose({}, { CONFER_CONTEXT: 'prod' }).url).toBe('https://prod');
    expect(choose({}, { CONFER_CONTEXT: 'prod', CONFER_URL: 'http://env' }).url).toBe('http://env');
    expect(choose({}, { CONFER_CA: '/env.pem' }).tls.ca).toBe('/env.pem');
    expect(choose({ context: 'prod' }, { CONFER_CONTEXT: 'dev' }).url).toBe('https://prod');
  });

  test('is that of --context before the environment, because it is a flag', () => {
    const env = { CONFER_URL: 'http://env', CONFER_TOKEN: 'cfr_env' };
    expect(choose({ context: 'prod' }, env)).toMatchObject({
      ...{ url: 'https://prod', tokenFile: '/prod.token', chosen: { production: true } },
    });
  });

  test('never gets the token of a context in use that it is not the server of', () => {
    for (const chosen of [choose({ url: 'http://x' }), choose({}, { CONFER_URL: 'http://x' })])
      expect(chosen).toEqual({
        url: 'http://x',
        tls: { ca: undefined, cert: undefined, key: undefined },
        ...{ tokenFile: undefined, chosen: undefined },
      });
    expect(choose({ url: 'http://x', context: 'prod' })).toMatchObject({
      ...{ url: 'http://x', tokenFile: '/prod.token' },
    });
  });

  test('gets the token of CONFER_TOKEN rather than that of a context nobody named', () => {
    expect(choose({}, { CONFER_TOKEN: 'cfr_env' }).tokenFile).toBeUndefined();
    expect(choose({ tokenFile: '/flag' }, { CONFER_TOKEN: 'cfr_env' }).tokenFile).toBe('/flag');
  });

  test('is an error where the context is not there, with the one that was perhaps meant', () => {
    expect(() => choose({ context: 'prd' })).toThrow(
      expect.objectContaining({ exitCode: 3, code: 'no_context', hint: 'did you mean prod ?' }),
    );
  });
});
