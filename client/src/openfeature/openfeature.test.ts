import { OpenFeature, type Provider, ProviderEvents } from '@openfeature/server-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { ConferProvider } from '../openfeature.ts';
import { startTestServer, type TestData } from '../testing.ts';

const FLAGS: TestData = {
  '/flags': {
    'new-checkout': true,
    'checkout.color': 'blue',
    'page-size': 50,
    theme: { color: 'red', sizes: [1, 2], deep: { on: false } },
    hosts: ['a', 'b'],
    nothing: null,
    digits: '8080',
    big: 2n ** 60n,
  },
  '/flags/json': '{"a":{"b":[1,"x",1152921504606846976]},"__proto__":1}',
  '/flags/text': '{not json}',
  '/other/flag': 'true',
};

/** The real SDK on a client of the test server, with what it told. */
async function scene(data = FLAGS, path = '/flags') {
  const server = startTestServer(data);
  const client = server.connect();
  const provider = new ConferProvider(client, path);
  const told: unknown[] = [];
  await OpenFeature.setProviderAndWait(provider satisfies Provider);
  // Who begins to listen is told at once that it is ready.
  for (const event of Object.values(ProviderEvents))
    OpenFeature.addHandler(event, (details) =>
      told.push(details?.flagsChanged === undefined ? event : [event, details.flagsChanged]),
    );
  const flags = OpenFeature.getClient();
  return { server, client, provider, flags, told };
}

describe('the provider for the server SDK of OpenFeature', () => {
  afterEach(async () => {
    await OpenFeature.close();
    OpenFeature.clearHandlers();
  });

  it('answers each type of flag from memory, with where it came from', async () => {
    const { flags, server } = await scene();
    await server.set('/flags/theme/color', 'green');
    expect(await flags.getBooleanDetails('new-checkout', false)).toMatchObject({
      ...{ value: true, reason: 'STATIC' },
      flagMetadata: { path: '/flags/new-checkout', revision: 1 },
    });
    expect(await flags.getStringValue('checkout.color', 'none')).toBe('blue');
    expect(await flags.getStringValue('digits', 'none')).toBe('8080');
    expect(await flags.getNumberValue('page-size', 1)).toBe(50);
    expect(await flags.getBooleanValue('theme/deep/on', true)).toBe(false);
    expect(await flags.getObjectDetails('theme', {})).toMatchObject({
      value: { color: 'green', sizes: [1, 2], deep: { on: false } },
      flagMetadata: { path: '/flags/theme', revision: 2 },
    });
    expect(await flags.getObjectValue('hosts', [])).toEqual(['a', 'b']);
    const json = await flags.getObjectValue('json', {});
    expect(JSON.stringify(json)).toBe('{"a":{"b":[1,"x","1152921504606846976"]},"__proto__":1}');
  });

  it.each([
    ['boolean', 'checkout.color', 'TYPE_MISMATCH', 'is a string, and not a boolean'],
    ['string', 'page-size', 'TYPE_MISMATCH', 'is a number, and not a string'],
    ['boolean', 'theme', 'TYPE_MISMATCH', 'is an object, and not a boolean'],
    ['boolean', 'nothing', 'TYPE_MISMATCH', 'is null, and not a boolean'],
    ['boolean', 'absent', 'FLAG_NOT_FOUND', 'nothing is at /flags/absent'],
    ['boolean', '', 'FLAG_NOT_FOUND', 'the key of no flag'],
    ['boolean', '../other/flag', 'FLAG_NOT_FOUND', 'the key of no flag'],
    ['boolean', '/new-checkout', 'FLAG_NOT_FOUND', 'the key of no flag'],
    ['boolean', '.confer/x', 'FLAG_NOT_FOUND', 'nothing is at'],
  ] as const)('a %s of %j is the default value, with %s', async (type, key, errorCode, message) => {
    const { flags } = await scene();
    const details = await (type === 'boolean'
      ? flags.getBooleanDetails(key, true)
      : flags.getStringDetails(key, 'ours'));
    const value = type === 'boolean' ? true : 'ours';
    expect(details).toMatchObject({ value, reason: 'ERROR', errorCode });
    expect(details.errorMessage).toContain(message);
  });

  it('asks for objects as the default value is one, and gives no number less digits', async () => {
    const { flags } = await scene();
    const object = async (key: string, value: object) =>
      (await flags.getObjectDetails(key, JSON.parse(JSON.stringify(value)))).errorMessage;
    expect(await object('theme', [])).toContain('is an object, and not a list');
    expect(await object('hosts', {})).toContain('is a list, and not an object');
    expect(await object('text', {})).toContain('is a string, and not an object');
    expect((await flags.getObjectDetails('nothing', true)).errorMessage).toContain('is null');
    const { errorMessage } = await flags.getNumberDetails('big', 1);
    expect(errorMessage).toContain('is an integer beyond 2^53, and not a number');
  });

  it('tells of changed flags once a commit, with the objects above them', async () => {
    const { server, told } = await scene();
    await server.commit([
      { type: 'put', path: '/flags/theme/color', value: 'black' },
      { type: 'put', path: '/flags/theme/deep/on', value: 'true' },
      { type: 'delete', path: '/flags/hosts' },
      { type: 'put', path: '/other/flag', value: 'false' },
    ]);
    expect(told).toEqual([
      'PROVIDER_READY',
      [
        'PROVIDER_CONFIGURATION_CHANGED',
        ['hosts', 'theme', 'theme/color', 'theme/deep', 'theme/deep/on'],
      ],
    ]);
  });

  it('W8 is stale in an outage, in error after the grace of the client, and ready again', async () => {
    const { server, flags, told } = await scene();
    await server.stop();
    const details = await flags.getBooleanDetails('new-checkout', false);
    expect(details).toMatchObject({ value: true, reason: 'STALE' });
    expect(flags.providerStatus).toBe('STALE');
    await server.advance(15_000);
    expect(flags.providerStatus).toBe('ERROR');
    expect(await flags.getBooleanValue('new-checkout', false)).toBe(true);
    await server.set('/flags/new-checkout', 'false');
    await server.start();
    await server.advance(30_000);
    expect(told).toEqual([
      ...['PROVIDER_READY', 'PROVIDER_STALE', 'PROVIDER_ERROR'],
      ['PROVIDER_CONFIGURATION_CHANGED', ['new-checkout']],
      'PROVIDER_READY',
    ]);
    expect([flags.providerStatus, await flags.getBooleanValue('new-checkout', true)]).toEqual([
      ...['READY', false],
    ]);
  });

  it('W11 is in a fatal error once the flags may not be read any more', async () => {
    const { server, flags, told } = await scene();
    await server.refuse('forbidden');
    expect(told).toEqual(['PROVIDER_READY', 'PROVIDER_ERROR']);
    expect(flags.providerStatus).toBe('FATAL');
    expect(await flags.getBooleanDetails('new-checkout', false)).toMatchObject({
      ...{ value: false, errorCode: 'PROVIDER_FATAL' },
    });
  });

  it('is in a fatal error once its client is closed by whoever owns it', async () => {
    const { client, flags } = await scene();
    await client.close();
    expect(flags.providerStatus).toBe('FATAL');
  });

  it('closes its mirror and not the client, and can be set again', async () => {
    const { server, client, provider } = await scene();
    await OpenFeature.clearProviders();
    expect(client.diagnostics().watches).toEqual([]);
    await expect(provider.resolveBooleanEvaluation('new-checkout')).rejects.toMatchObject({
      code: 'PROVIDER_NOT_READY',
    });
    expect(await client.get('/flags/new-checkout')).toBeDefined();
    await OpenFeature.setProviderAndWait(provider);
    await server.set('/flags/new-checkout', 'false');
    expect(await OpenFeature.getClient().getBooleanValue('new-checkout', true)).toBe(false);
  });

  it('gives flags at the root of everything', async () => {
    const { flags, told, server } = await scene(FLAGS, '/');
    expect(await flags.getBooleanValue('other/flag', false)).toBe(true);
    await server.set('/other/flag', 'false');
    expect(told[1]).toEqual(['PROVIDER_CONFIGURATION_CHANGED', ['other', 'other/flag']]);
  });

  it('names a wrong argument as the client does', () => {
    const client = startTestServer().connect();
    expect(() => new ConferProvider(client, 'flags')).toThrow('a path starts with "/"');
    expect(() => new ConferProvider(client, '/flags', { timeoutMs: -1 })).toThrow('milliseconds');
    // @ts-expect-error: what callers in JavaScript may do
    expect(() => new ConferProvider(undefined, '/flags')).toThrow('a client is an object');
  });
});
