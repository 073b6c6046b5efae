import type { Logged, Reply, Request } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import type { Client } from '../api.ts';
import { leasesOf } from '../coordination.ts';
import { historyOf } from '../history.ts';
import { pinRead } from '../pages.ts';
import { startConnected } from '../test-support/scene.ts';

const about = { createRevision: 1, modRevision: 2, version: 1, updatedAt: 1, updatedBy: 'x' };
const entry = (path: string) => ({ path, value: 'v', ...about });
const put = (path: string) => ({ type: 'put', path, created: false }) as const;
const whole = (path: string) => ({ ...put(path), entry: { value: 'v', ...about } }) as const;

type WithoutId<Message> = Message extends unknown ? Omit<Message, 'id'> : never;
type Said = WithoutId<Exclude<Reply, { type: 'error' }>>;

const listed = (
  paths: readonly string[],
  more: { next?: string; revision?: number } = {},
): Said => ({
  ...{ type: 'listed', revision: 9, entries: paths.map(entry), folders: [] },
  ...more,
});
const logged = (...commits: readonly (readonly [number, Logged['commits'][number]['changes']])[]) =>
  ({
    ...{ type: 'logged', revision: 9, compactedRevision: 0 },
    commits: commits.map(([revision, changes]) => ({ revision, time: 1, actor: 'x', changes })),
  }) satisfies Said;
const decided = (readRevision: number, result: object): Said => ({
  ...{ type: 'decided', succeeded: true, revision: 9, readRevision, results: [result] },
});
const leases = (lease: string, more = {}): Said => ({
  ...{ type: 'leases', revision: 9, leases: [{ lease, ttlMs: 5_000 }], ...more },
});

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

type Lie = readonly [
  what: string,
  ask: (client: Client) => Promise<unknown>,
  type: Request['type'],
  replies: readonly Said[],
  reason: string,
];

const versions = (client: Client) => all(historyOf(client).versions('/a'));
const log = (client: Client, at?: number) =>
  all(historyOf(client).log('/a', at === undefined ? {} : { at }));
const txn = (type: 'get' | 'list') => (client: Client) =>
  client.txn({ then: [{ type, path: '/a' }] });
const ID = '00000000000000a1';

const lies: readonly Lie[] = [
  [
    'another entry',
    (client) => client.get('/a'),
    'get',
    [{ type: 'got', revision: 9, entry: entry('/b') }],
    '/b in the place of /a',
  ],
  [
    'an entry beside the subtree',
    (client) => client.list('/a'),
    'list',
    [listed(['/a/x', '/b'])],
    '/b, which is elsewhere',
  ],
  [
    'an entry out of order',
    (client) => client.list('/a'),
    'list',
    [listed(['/a/y', '/a/x'])],
    '/a/x after /a/y',
  ],
  [
    'an entry twice, on two pages',
    (client) => client.list('/a'),
    'list',
    [listed(['/a/x'], { next: '/a/x' }), listed(['/a/x'])],
    '/a/x after /a/x',
  ],
  [
    'a page of another revision',
    (client) => client.list('/a'),
    'list',
    [listed(['/a/x'], { next: '/a/x' }), listed(['/a/y'], { revision: 8 })],
    'revision 8 in the place of 9',
  ],
  [
    'pages without an end',
    (client) => client.list('/a'),
    'list',
    [listed(['/a/x'], { next: '/a/x' }), listed([], { next: '/a/x' })],
    'do not end',
  ],
  [
    'a folder elsewhere',
    (client) => client.list('/a', { depth: 1 }),
    'list',
    [{ type: 'listed', revision: 9, entries: [], folders: ['/b'] }],
    '/b, which is elsewhere',
  ],
  [
    'another subtree, to who reads all of one',
    async (client) => {
      const read = await pinRead(client, '/a');
      await all(read.pages('/a'));
    },
    'list',
    [listed([]), listed(['/b'])],
    '/b, which is elsewhere',
  ],
  [
    'another entry of a transaction',
    txn('get'),
    'txn',
    [decided(9, { type: 'get', entry: entry('/b') })],
    '/b in the place of /a',
  ],
  [
    'another subtree of a transaction',
    txn('list'),
    'txn',
    [decided(9, { type: 'list', entries: [entry('/b')], folders: [] })],
    '/b, which is elsewhere',
  ],
  [
    'a transaction that saw what came after it',
    txn('get'),
    'txn',
    [decided(10, { type: 'get', entry: null })],
    'at 10, after 9',
  ],
  [
    'versions of another path',
    versions,
    'history',
    [logged([9, [whole('/a/b')]])],
    '/a/b in the place of /a',
  ],
  [
    'versions that hide what was put',
    versions,
    'history',
    [logged([9, [put('/a')]])],
    'without its entry',
  ],
  [
    'versions from the oldest on',
    versions,
    'history',
    [logged([3, [whole('/a')]], [9, [whole('/a')]])],
    'commit 9 after 3',
  ],
  ['changes beside the subtree', log, 'log', [logged([9, [put('/b')]])], '/b, which is elsewhere'],
  [
    'changes out of order',
    log,
    'log',
    [logged([9, [put('/a/y'), put('/a/x')]])],
    '/a/x after /a/y',
  ],
  [
    'one commit twice',
    log,
    'log',
    [logged([9, [put('/a')]], [9, [put('/a')]])],
    'commit 9 after 9',
  ],
  [
    'commits that came later',
    (client) => log(client, 5),
    'log',
    [logged([9, [put('/a')]])],
    'commit 9 after',
  ],
  [
    'a commit again that another page had',
    log,
    'log',
    [{ ...logged([9, [put('/a')]]), next: { at: 8 } }, logged([9, [put('/a/z')]])],
    'commit 9 after',
  ],
  [
    'changes again of a commit that goes on',
    log,
    'log',
    [{ ...logged([9, [put('/a/x')]]), next: { at: 9, after: '/a/x' } }, logged([9, [put('/a/x')]])],
    '/a/x after /a/x',
  ],
  [
    'another lease',
    (client) => leasesOf(client).show(ID),
    'readLease',
    [leases('00000000000000b2')],
    'in the place of',
  ],
];

describe('an answer that cannot be one is not believed, and fails its request alone', () => {
  test.each(lies)('%s', async (_, ask, type, replies, reason) => {
    const { client, server, network } = startConnected();
    const asked = ask(client).then(
      () => 'believed',
      (error: unknown) => error,
    );
    for (const reply of replies) {
      await settled();
      const { id } = server.take(type);
      server.sayRaw(JSON.stringify({ ...reply, id }));
    }
    expect(await asked).toMatchObject({
      ...{ code: 'bad_message', message: expect.stringContaining(reason) },
    });
    expect(network.connections).toHaveLength(1);
    expect(client.status.kind).toBe('open');
  });

  test('a folder of an entry that was the last of the page before is none', async () => {
    const { client, server } = startConnected();
    const asked = client.list('/', { depth: 1 });
    const first = { ...listed(['/a'], { next: '/a' }), id: server.take('list').id };
    server.sayRaw(JSON.stringify(first));
    await settled();
    const { id } = server.take('list');
    server.say({ type: 'listed', id, revision: 9, entries: [], folders: ['/a'] });
    expect((await asked).folders).toEqual(['/a']);
  });

  test('leases whose pages do not end are not taken for all there are', async () => {
    const { client, server } = startConnected();
    const asked = leasesOf(client)
      .list()
      .catch((error: unknown) => error);
    for (let pages = 0; pages <= 1_000; pages++) {
      const { id } = server.take('listLeases');
      server.say({ type: 'leases', id, revision: 1, leases: [], next: ID });
      await settled();
    }
    expect(await asked).toMatchObject({ code: 'bad_message' });
  });

  test('a lease with more paths than a call takes arguments is read', async () => {
    const { client, server } = startConnected();
    const asked = leasesOf(client).show(ID);
    const paths = Array.from({ length: 200_000 }, (_, index) => `/a/${index}`);
    const { id } = server.take('readLease');
    server.say({ type: 'leases', id, revision: 1, leases: [{ lease: ID, ttlMs: 5_000 }], paths });
    expect((await asked).paths).toHaveLength(200_000);
  });
});

/** What was answered has been handed on. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}
