import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { entry, giveState, startClient, startConnected } from '../test-support/scene.ts';

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => unhandled.push(reason);

// What would end the process is seen here.
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', noteUnhandled);
});

afterEach(() => {
  process.off('unhandledRejection', noteUnhandled);
  vi.restoreAllMocks();
});

const nothing: object = Object.create(null);
const unshowable = Object.defineProperty(new Error(), 'message', {
  get: () => {
    throw new Error('not even a message');
  },
});

/** Every way to fail that a function of the user has. */
const failures: readonly [string, () => unknown][] = [
  [
    'throws an Error',
    () => {
      throw new Error('mine');
    },
  ],
  [
    'throws what is no Error and has no string',
    () => {
      throw nothing;
    },
  ],
  [
    'throws nothing',
    () => {
      throw undefined;
    },
  ],
  [
    'throws an Error that throws',
    () => {
      throw unshowable;
    },
  ],
  ['rejects', () => Promise.reject(new Error('mine'))],
  ['rejects in another realm', () => runInNewContext('Promise.reject(new Error("mine"))')],
  ['rejects with nothing', () => Promise.reject(nothing)],
  ['returns a thenable that rejects', () => ({ then: (_: unknown, no: () => void) => no() })],
  [
    'returns a thenable that throws',
    () =>
      Object.defineProperty({}, 'then', {
        get: () => {
          throw new Error('mine');
        },
      }),
  ],
];

describe('a callback that', () => {
  test.each(failures)('%s, as a listener, is reported and ends nothing', async (_, fail) => {
    const { client, errors, server } = startConnected();
    const mirror = client.mirror('/a');
    mirror.on('status', fail);
    client.on('status', fail);
    mirror.subscribe(fail);
    giveState(server, 1, entry('/a', '1'));
    server.end();
    await flushPromises();
    expect(errors.length).toBe(5);
    expect(client.diagnostics().listenerErrors).toBe(5);
    expect([client.status.kind, mirror.status, mirror.value('/a')]).toEqual([
      'waiting',
      'stale',
      '1',
    ]);
    expect(unhandled).toEqual([]);
  });

  test.each(failures)('%s, as `onError`, ends nothing', async (_, onError) => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const { client, clock, network, server } = startConnected({ onError });
    server.sayRaw('nonsense');
    await flushPromises();
    expect(said).toHaveBeenCalledTimes(1);
    await clock.advance(250);
    network.last.welcome();
    expect(client.status.kind).toBe('open');
    expect(unhandled).toEqual([]);
  });

  test('throws what cannot even be printed, as `onError`, ends nothing', () => {
    const printed: unknown[] = [];
    vi.spyOn(console, 'error').mockImplementation((error) => {
      if (error === nothing) throw new TypeError('it cannot be shown');
      printed.push(error);
    });
    const { client, server } = startConnected({
      onError: () => {
        throw nothing;
      },
    });
    server.sayRaw('nonsense');
    expect(printed).toEqual([expect.any(String)]);
    expect(client.status.kind).toBe('waiting');
  });

  test.each(failures)('%s, as `token`, is a failed attempt', async (_, fail) => {
    const { client, network } = startClient({ token: async () => `${await fail()}` });
    await flushPromises();
    expect(client.status).toMatchObject({
      kind: 'waiting',
      reason: expect.stringContaining('no token: '),
    });
    expect(network.connections).toEqual([]);
    expect(unhandled).toEqual([]);
  });
});
