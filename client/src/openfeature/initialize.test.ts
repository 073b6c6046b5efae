import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';
import { OpenFeature as WebOpenFeature, type Provider as WebProvider } from '@openfeature/web-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../api.ts';
import { ConferProvider, ConferWebProvider } from '../openfeature.ts';
import { startTestServer } from '../testing.ts';

function scene(options?: ClientOptions) {
  const server = startTestServer({ '/flags': { on: true, theme: { color: 'red' } } });
  const client = server.connect(options);
  const told: string[] = [];
  for (const event of Object.values(ProviderEvents))
    OpenFeature.addHandler(event, () => told.push(event));
  // Who begins to listen is told at once what there was before.
  told.length = 0;
  return { server, client, told };
}

/** What became of a promise, once the SDK and everybody else has heard. */
const settled = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('a provider that is set', () => {
  afterEach(async () => {
    await OpenFeature.close();
    OpenFeature.clearHandlers();
  });

  it('is not ready until its flags are here, and says so', async () => {
    const { server, client } = scene();
    await server.freeze();
    const setting = OpenFeature.setProviderAndWait(new ConferProvider(client, '/flags'));
    const flags = OpenFeature.getClient();
    expect(await flags.getBooleanDetails('on', false)).toMatchObject({
      ...{ value: false, errorCode: 'PROVIDER_NOT_READY' },
    });
    await server.thaw();
    await setting;
    expect(await flags.getBooleanValue('on', false)).toBe(true);
  });

  it('fails by its timeout, with why, and gets ready when its flags come', async () => {
    const { server, client, told } = scene();
    await server.stop();
    const provider = new ConferProvider(client, '/flags', { timeoutMs: 3_000 });
    const setting = settled(OpenFeature.setProviderAndWait(provider));
    await server.advance(3_000);
    expect(await setting).toMatchObject({
      ...{ code: 'PROVIDER_NOT_READY', message: expect.stringContaining('connection refused') },
    });
    const flags = OpenFeature.getClient();
    expect(flags.providerStatus).toBe('ERROR');
    expect(await flags.getBooleanDetails('on', false)).toMatchObject({
      errorCode: 'PROVIDER_NOT_READY',
    });
    await server.start();
    await server.advance(30_000);
    expect(flags.providerStatus).toBe('READY');
    expect(await flags.getBooleanValue('on', false)).toBe(true);
    expect(told).toEqual(['PROVIDER_ERROR', 'PROVIDER_READY']);
  });

  it('fails at once where the client is refused, and gets ready when it is let in', async () => {
    const { server, client } = scene({ token: () => 'old' });
    await server.refuse('unauthenticated');
    const setting = settled(OpenFeature.setProviderAndWait(new ConferProvider(client, '/flags')));
    await server.advance(1_000);
    expect(await setting).toMatchObject({
      ...{ code: 'PROVIDER_NOT_READY', message: expect.stringContaining('unauthenticated') },
    });
    await server.accept();
    await server.advance(30_000);
    expect(OpenFeature.getClient().providerStatus).toBe('READY');
  });

  it('W11 fails for good where the flags may not be read', async () => {
    const { server, client } = scene();
    await server.refuse('forbidden');
    const setting = settled(OpenFeature.setProviderAndWait(new ConferProvider(client, '/flags')));
    expect(await setting).toMatchObject({ code: 'PROVIDER_FATAL' });
    expect(OpenFeature.getClient().providerStatus).toBe('FATAL');
  });

  it('is stale from the start where the flags are here and the server is not', async () => {
    const { server, client, told } = scene();
    await client.mirror('/flags').ready();
    await server.stop();
    await OpenFeature.setProviderAndWait(new ConferProvider(client, '/flags'));
    await server.settle();
    expect(OpenFeature.getClient().providerStatus).toBe('STALE');
    expect(told).toEqual(['PROVIDER_READY', 'PROVIDER_STALE']);
    expect(await OpenFeature.getClient().getBooleanDetails('on', false)).toMatchObject({
      ...{ value: true, reason: 'STALE' },
    });
  });
});

describe('the provider for the web SDK of OpenFeature', () => {
  it('answers without waiting, and tells of changes', async () => {
    const { server, client } = scene();
    const provider = new ConferWebProvider(client, '/flags') satisfies WebProvider;
    await WebOpenFeature.setProviderAndWait(provider);
    const flags = WebOpenFeature.getClient();
    expect(flags.getBooleanValue('on', false)).toBe(true);
    expect(flags.getObjectValue('theme', {})).toEqual({ color: 'red' });
    expect(flags.getNumberDetails('on', 1)).toMatchObject({ errorCode: 'TYPE_MISMATCH' });
    expect(flags.getStringDetails('absent', 'x')).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' });
    await server.set('/flags/on', 'false');
    expect(flags.getBooleanValue('on', true)).toBe(false);
    await server.disconnect();
    expect(flags.providerStatus).toBe('STALE');
    await WebOpenFeature.close();
    expect(client.status.kind).toBe('waiting');
  });
});
