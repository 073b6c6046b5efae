import { txnLimits } from '@confer/shared';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type { Client, TxnOptions } from '../api.ts';
import { startTestServer, type TestServer } from '../testing.ts';
import type { TxnGetResult, TxnListResult, TxnOperations, TxnPutResult } from '../txn-api.ts';

const put = (path: string, value = '1') => ({ type: 'put', path, value }) as const;

describe('client.txn', () => {
  let server: TestServer;
  let client: Client;

  beforeEach(() => {
    server = startTestServer({ '/a': 'one', '/t/x': 'x', '/t/y': 'y' });
    client = server.connect();
  });
  afterEach(() => server.close());

  it('S3 does one branch, and has a result of its own type for each operation', async () => {
    const outcome = await client.txn({
      if: [{ path: '/a', value: 'one' }],
      then: [put('/a', 'two'), { type: 'get', path: '/a' }, { type: 'list', path: '/t' }],
      else: [{ type: 'get', path: '/a' }],
    });
    expect(outcome.revision).toBe(server.revision);
    if (!outcome.succeeded) throw new Error('its condition holds');
    const [made, before, below] = outcome.results;
    expectTypeOf(made).toEqualTypeOf<TxnPutResult>();
    expectTypeOf(before).toEqualTypeOf<TxnGetResult>();
    expectTypeOf(below).toEqualTypeOf<TxnListResult>();
    expect(made.version).toBe(2);
    expect(before.entry?.value).toBe('one');
    expect(below.entries.map(({ value }) => value)).toEqual(['x', 'y']);
  });

  it('S3 does the other where a condition does not hold, which is no error', async () => {
    const outcome = await client.txn({
      if: [{ path: '/a', exists: false }],
      then: [put('/a', 'two')],
      else: [
        { type: 'get', path: '/a' },
        { type: 'delete', path: '/t', recursive: true },
      ],
    });
    if (outcome.succeeded) throw new Error('its condition does not hold');
    expect(outcome.results[0].entry?.value).toBe('one');
    expect(outcome.results[1].deletes).toBe(2);
    expect(server.get('/a')?.value).toBe('one');
  });

  it('may have one branch alone, or none', async () => {
    expect(await client.txn({ if: [{ path: '/a', version: 1 }] })).toEqual({
      ...{ succeeded: true, revision: server.revision, results: [] },
    });
    const { results } = await client.txn({ then: [{ type: 'get', path: '/none' }] });
    expect(results).toEqual([{ type: 'get', entry: undefined }]);
  });

  it('W12 returns when the mirrors of the client show it', async () => {
    const mirror = client.mirror('/a');
    await mirror.ready();
    await client.txn({ then: [put('/a', 'two')] });
    expect(mirror.value('/a')).toBe('two');
  });

  it('S4 is sent again under its request id after a lost connection', async () => {
    await client.get('/a');
    await server.freeze();
    const counted = client.txn({
      if: [{ path: '/count', exists: true }],
      then: [put('/count', '2')],
      else: [put('/count', '1')],
    });
    await server.settle();
    await server.thaw();
    await server.disconnect();
    await server.advance(5_000);
    expect((await counted).succeeded).toBe(false);
    expect(server.get('/count')).toMatchObject({ value: '1', version: 1 });
  });

  it('may be larger than a frame', async () => {
    const puts = Array.from({ length: 25_000 }, (_, i) => put(`/many/${i}`));
    const absent = puts.map(({ path }) => ({ path, exists: false }) as const);
    const { succeeded, results } = await client.txn({ if: absent, then: puts, else: puts });
    expect(succeeded).toBe(true);
    expect(results).toHaveLength(25_000);
    expect(server.get('/many/24999')?.version).toBe(1);
  });

  it.each<[string, string, unknown]>([
    ['invalid_argument', 'a transaction is an object', 'then'],
    ['invalid_argument', 'transaction.then is an array', { then: put('/a') }],
    ['invalid_argument', 'an operation is an operation of the type', { then: [{ type: 'move' }] }],
    ['invalid_path', 'a path starts with', { then: [{ type: 'get', path: 'a' }] }],
    [
      'invalid_argument',
      'an operation.limit is',
      { else: [{ type: 'list', path: '/', limit: 0 }] },
    ],
    ['invalid_argument', 'a condition is { path } with one field', { if: [{ path: '/a' }] }],
    [
      'invalid_argument',
      'a condition is { path } with one field',
      { if: [{ path: '/a', version: 1, exists: true }] },
    ],
    [
      'invalid_argument',
      'condition.colour is one of modRevision',
      { if: [{ path: '/a', colour: 1 }] },
    ],
    [
      'invalid_argument',
      'condition.lease is the name of a lease, or null',
      { if: [{ path: '/a', lease: 7 }] },
    ],
    ['invalid_argument', 'condition.exists is true or false', { if: [{ path: '/a', exists: 1 }] }],
    ['overlapping_writes', 'touch /a', { then: [put('/a'), put('/a')] }],
    ['reserved_path', '.confer', { else: [put('/.confer/a')] }],
    ['future_revision', 'newest', { if: [{ path: '/', unchangedSince: 99 }] }],
    [
      'too_large',
      'reads',
      { then: Array(txnLimits.readsMax + 1).fill({ type: 'get', path: '/a' }) },
    ],
  ])('is refused (%s: %s), and nothing is done: number %#', async (code, message, request) => {
    const { revision } = server;
    const wrong: () => TxnOptions<TxnOperations, TxnOperations> = () => Object(request);
    const failure = client.txn(request === 'then' ? JSON.parse('null') : wrong());
    await expect(failure).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(server.revision).toBe(revision);
  });
});
