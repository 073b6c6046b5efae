import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { connect } from '../browser.ts';
import { startClient, startConnected, startMirrored } from '../test-support/scene.ts';

/** What a caller in JavaScript can hand in, where the types would refuse it. */
const js = <Wanted>(value: unknown): Wanted => {
  const isWanted = (_: unknown): _ is Wanted => true;
  if (isWanted(value)) return value;
  throw new Error('unreachable');
};

const invalid = (message: string) =>
  expect.objectContaining({
    name: 'ConferError',
    code: 'invalid_argument',
    message: expect.stringContaining(message),
  });

describe('`connect` with a wrong argument', () => {
  const url = 'http://one:7480';
  test.each<[string, unknown, unknown]>([
    ['connect needs the URL of at least one server', undefined, {}],
    ['null is not the URL of a server', null, {}],
    ['connect needs the URL of at least one server', [], {}],
    ['7480 is not the URL of a server', 7480, {}],
    ['"localhost:7480" is not the URL of a server', 'localhost:7480', {}],
    ['7480 is not the URL of a server', [url, 7480n], {}],
    ['options is an object, not null', url, null],
    ['options is an object, not "options"', url, 'options'],
    ['a token is a string of at most 8192 characters', url, { token: 5 }],
    ['a token is a string of at most 8192 characters', url, { token: '\ud800' }],
    ['a token is a string of at most 8192 characters', url, { token: 'x'.repeat(8193) }],
    ['client is an object, not "orders"', url, { client: 'orders' }],
    ['client.name is a string of at most 128 characters, not 5', url, { client: { name: 5 } }],
    ['client.version is a string of at most 128', url, { client: { version: '\ud800' } }],
    ['client.labels is an object of at most 16 labels', url, { client: { labels: [] } }],
    ['client.labels.zone is a string of at most 128', url, { client: { labels: { zone: 5n } } }],
    [
      'timeouts.connectMs is a number of milliseconds',
      url,
      { timeouts: { connectMs: Number.NaN } },
    ],
    ['timeouts.requestMs is a number of milliseconds', url, { timeouts: { requestMs: '5' } }],
    ['timeouts.graceMs is a number of milliseconds from 0', url, { timeouts: { graceMs: -1 } }],
    [
      'retry.initialMs is a number of milliseconds above 0, not 0',
      url,
      { retry: { initialMs: 0 } },
    ],
    ['retry.maxMs is a number of milliseconds above 0', url, { retry: { maxMs: Number.NaN } }],
    ['retry is an object, not 5', url, { retry: 5 }],
    ['onError is a function, not "log"', url, { onError: 'log' }],
    ['openSocket is a function, not "ws"', url, { openSocket: 'ws' }],
    ['extras is an object, not true', url, { extras: true }],
  ])('throws at once: %s', (message, urls, options) => {
    expect(() => connect(js(urls), js(options))).toThrow(invalid(message));
  });
});

describe('a request with a wrong argument', () => {
  const { client, mirror, server } = startMirrored();
  const watch = client.watch('/w');
  server.sent.length = 0;
  const controller = new AbortController();
  const put = { type: 'put', path: '/a', value: '1' };

  test.each<[string, () => Promise<unknown>, string]>([
    ['get', () => client.get('/a', js(null)), 'options is an object, not null'],
    ['get', () => client.get('/a', { timeoutMs: Number.NaN }), 'options.timeoutMs is a number of'],
    ['get', () => client.get('/a', { timeoutMs: js('1s') }), 'not "1s"'],
    [
      'get',
      () => client.get('/a', { signal: js(controller) }),
      'options.signal is an AbortSignal, not [object AbortController]',
    ],
    ['set', () => client.set('/a', '1', js(null)), 'options is an object, not null'],
    [
      'set',
      () => client.set('/a', '1', { ifRevision: 1.5 }),
      'options.ifRevision is a whole number',
    ],
    ['set', () => client.set('/a', '1', { note: js(5) }), 'options.note is a string, not 5'],
    ['remove', () => client.remove('/a', js(null)), 'options is an object, not null'],
    ['remove', () => client.remove('/a', { recursive: js('yes') }), 'recursive is true or false'],
    ['list', () => client.list('/a', js(null)), 'options is an object, not null'],
    ['list', () => client.list('/a', { depth: -1 }), 'options.depth is a whole number from 0'],
    ['list', () => client.list('/a', { values: js('no') }), 'options.values is true or false'],
    ['commit', () => client.commit(js(undefined)), 'a commit is an object, not undefined'],
    ['commit', () => client.commit(js({})), 'operations is an array, not undefined'],
    ['commit', () => client.commit({ operations: js([null]) }), 'an operation is { type: "put"'],
    ['commit', () => client.commit({ operations: js([{ type: 'move' }]) }), 'an operation is {'],
    [
      'commit',
      () => client.commit({ operations: js([put]), conditions: js(['/a']) }),
      'a condition is { path } with one field more',
    ],
    [
      'commit',
      () => client.commit({ operations: js([put]), conditions: js([{ path: '/a' }]) }),
      'a condition is { path } with one field more',
    ],
    [
      'commit',
      () => client.commit({ operations: js([put]), note: js(5n) }),
      'commit.note is a string',
    ],
    [
      'commit',
      () => client.commit({ operations: js([{ ...put, extra: 5n }]) }),
      'no JSON: Do not know how to serialize a BigInt',
    ],
    ['serverStatus', () => client.serverStatus(js(5)), 'options is an object, not 5'],
    ['compact', () => client.compact(-1), 'a revision is a whole number from 0, not -1'],
    ['compact', () => client.compact(js({})), 'a revision is a whole number from 0'],
    ['ready', () => client.mirror('/new').ready(js(null)), 'options is an object, not null'],
    ['waitFor', () => mirror.waitFor(js('9')), 'a revision is a whole number from 0, not "9"'],
    ['waitFor', () => mirror.waitFor(9, js(null)), 'options is an object, not null'],
    ['verify', () => mirror.verify({ timeoutMs: -1 }), 'options.timeoutMs is a number'],
    ['started', () => watch.started(js(null)), 'options is an object, not null'],
  ])('is refused before it travels: `%s`', async (_, call, message) => {
    await expect(call()).rejects.toEqual(invalid(message));
    expect(server.untaken.filter((type) => type !== 'watch' && type !== 'verify')).toEqual([]);
  });
});

describe('a call that answers at once, with a wrong argument,', () => {
  const { client, mirror } = startMirrored();
  const signal = js<AbortSignal>(new AbortController());

  test.each<[string, () => unknown, string]>([
    ['mirror', () => client.mirror('/a', js(null)), 'options is an object, not null'],
    ['mirror', () => client.mirror('/a', { signal }), 'options.signal is an AbortSignal'],
    ['watch', () => client.watch('/a', js(null)), 'options is an object, not null'],
    ['watch', () => client.watch('/a', { after: js(5) }), 'options.after is a position'],
    [
      'watch',
      () => client.watch('/a', { after: js({ epoch: 'e1', revision: 5n }) }),
      'options.after is a position ({ epoch, revision, timeline })',
    ],
    ['watch', () => client.watch('/a', { prev: js(1) }), 'options.prev is true or false, not 1'],
    ['watch', () => client.watch('/a', { signal }), 'options.signal is an AbortSignal'],
    [
      'on',
      () => client.on(js<'status'>('change'), () => {}),
      'an event is one of status, lost, not "change"',
    ],
    ['on', () => client.on('status', js(undefined)), 'a listener is a function, not undefined'],
    [
      'mirror.on',
      () => mirror.on(js<'status'>('data'), () => {}),
      'one of change, status, lost, not "data"',
    ],
    ['mirror.on', () => mirror.on('change', js({})), 'a listener is a function'],
    ['subscribe', () => mirror.subscribe(js(null)), 'a callback is a function, not null'],
    ['changes', () => mirror.changes({ bufferMax: Number.NaN }), 'options.bufferMax is a whole'],
    ['changes', () => mirror.changes({ signal }), 'options.signal is an AbortSignal'],
    ['get', () => mirror.get(js(undefined)), 'a path is a string, not undefined'],
    ['value', () => mirror.value(js(5)), 'a path is a string, not 5'],
    ['list', () => mirror.list(js(null)), 'a path is a string, not null'],
  ])('throws: `%s`', (_, call, message) => {
    expect(call).toThrow(invalid(message));
  });
});

test.each<[string, unknown]>([
  ['no string', 5n],
  ['too long', 'secret'.repeat(2_000)],
])(
  'a token that a callback returns and that is %s is a failed attempt, and does not show in its reason',
  async (_, token) => {
    const { client } = startClient({ token: js(() => token) });
    await flushPromises();
    expect(client.status).toMatchObject({
      kind: 'waiting',
      reason: 'no token: a token is a string of at most 8192 characters',
    });
  },
);

test('labels and positions that the user changes later are sent as they were', async () => {
  const labels: Record<string, unknown> = { zone: 'a' };
  const after: Record<string, unknown> = { epoch: 'e1', revision: 5 };
  const { client, clock, network, server } = startConnected({ client: { labels: js(labels) } });
  client.watch('/a', { after: js(after) });
  labels.zone = 5n;
  after.revision = 5n;
  server.end();
  await clock.advance(250);
  network.last.welcome();
  expect(network.last.take('hello').client).toEqual({ labels: { zone: 'a' } });
  expect(network.last.take('watch').after).toEqual({ epoch: 'e1', revision: 5 });
});

test('an AbortSignal of another library is accepted', async () => {
  const { client, server } = startConnected();
  const signal = Object.assign(new EventTarget(), { aborted: false, reason: 'enough' });
  const get = client.get('/a', { signal: js(signal) });
  server.take('get');
  signal.dispatchEvent(new Event('abort'));
  await expect(get).rejects.toMatchObject({ code: 'aborted' });
});
