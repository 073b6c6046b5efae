import { limits, type TxnOperation, txnLimits, type UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

type Txn = Extract<UpMessage, { type: 'txn' }>;

const put = (path: string, value = '1') => ({ type: 'put', path, value }) as const;
const get = (path: string) => ({ type: 'get', path }) as const;
const remove = (path: string) => ({ type: 'delete', path, recursive: true }) as const;

async function started() {
  const scene = await startCore();
  const client = RawClient.open(scene.core);
  let ids = 0;
  /** Sends a transaction, and takes its answer. */
  const ask = async (branches: Partial<Txn>) => {
    const id = ++ids;
    client.send({ type: 'txn', id, requestId: `r${id}`, if: [], then: [], ...branches });
    await scene.settle();
    const reply = client.received.pop();
    if (reply?.type !== 'decided' && reply?.type !== 'error') throw new Error(`${reply?.type}`);
    return reply;
  };
  /** Of the branch that was done. */
  const results = async (then: TxnOperation[]) => {
    const reply = await ask({ then });
    return reply.type === 'decided' ? reply.results : reply.code;
  };
  return { ...scene, client, ask, results };
}

describe('the results of a transaction', () => {
  it('S3 say what each operation found or made, of the state before the commit', async () => {
    const { put: write, revisionOf, results } = await started();
    await write('/a', 'old');
    for (const path of ['/t', '/t/x', '/t/y/z', '/tt']) await write(path, 'v');
    const list = { type: 'list', path: '/t', depth: 1, values: false, limit: 2 } as const;
    const found = await results([
      put('/a', 'new'),
      get('/a'),
      remove('/t'),
      { type: 'delete', path: '/none' },
      get('/none'),
      list,
      put('/b'),
    ]);
    expect(found).toMatchObject([
      { type: 'put', createRevision: revisionOf(1), version: 2 },
      { type: 'get', entry: { value: 'old', version: 1 } },
      { type: 'delete', deletes: 3 },
      { type: 'delete', deletes: 0 },
      { type: 'get', entry: null },
      { type: 'list', entries: [{ path: '/t' }, { path: '/t/x' }], folders: [], next: '/t/x' },
      { type: 'put', createRevision: revisionOf(6), version: 1 },
    ]);
  });

  it('S2 are those of the branch that was done, at the revision that it was held against', async () => {
    const { put: write, ask, revisionOf } = await started();
    await write('/a', 'one');
    const either = {
      if: [{ path: '/a', value: 'one' }],
      then: [put('/a', 'two'), get('/a')],
      else: [get('/a')],
    };
    expect(await ask(either)).toMatchObject({
      ...{ succeeded: true, revision: revisionOf(2) },
      results: [{ type: 'put', version: 2 }, { entry: { value: 'one' } }],
    });
    const { revision, readRevision, ...rest } = Object(await ask(either));
    expect(rest).toMatchObject({ succeeded: false, results: [{ entry: { value: 'two' } }] });
    expect(readRevision).toBe(revision);
  });

  it('leave out what does not fit, which can be read at the revision that they name', async () => {
    const { put: write, ask, client, settle } = await started();
    const long = 'x'.repeat(txnLimits.readLengthMax / 2);
    await write('/a', long);
    await write('/b', long);
    const reply = Object(
      await ask({
        then: [get('/a'), get('/b'), get('/a'), { type: 'list', path: '/' }, put('/a', 'now')],
      }),
    );
    expect(reply.results.slice(2)).toEqual([
      { type: 'get' },
      { type: 'list' },
      { type: 'put', createRevision: expect.any(Number), version: 2 },
    ]);
    client.send({ type: 'list', id: 99, path: '/a', depth: 0, at: reply.readRevision });
    await settle();
    expect(client.take('listed').entries[0]?.value).toBe(long);
  });

  it('end a list where the reply is full, and say where it goes on', async () => {
    const { put: write, results } = await started();
    const long = 'x'.repeat(txnLimits.readLengthMax / 2);
    for (const path of ['/l/1', '/l/2', '/l/3', '/l/4']) await write(path, long);
    const [list] = Object(await results([{ type: 'list', path: '/l' }]));
    expect(list.entries.map(({ path }: { path: string }) => path)).toEqual(['/l/1', '/l/2']);
    expect(list.next).toBe('/l/2');
  });

  it('W10 stay as short where very many short entries are read many times', async () => {
    const { results, engine } = await started();
    const operations = Array.from({ length: 10_000 }, (_, i) => put(`/${i}`, ''));
    const about = { conditions: [], actor: 'test', requestId: 'many' };
    await engine.writes.commit({ operations, ...about });
    const list = { type: 'list', path: '/', limit: 10_000 } as const;
    const found = await results(Array.from({ length: 100 }, () => list));
    expect(JSON.stringify(found).length).toBeLessThan(3 * txnLimits.readLengthMax);
    expect(Object(found)[0].entries.length).toBeGreaterThan(1_000);
    expect(Object(found).at(-1)).toEqual({ type: 'list' });
  });

  it('S4 are the same for a second try, whatever was written since', async () => {
    const { put: write, ask } = await started();
    await write('/a', 'old');
    await write('/t/x', 'v');
    const once = { requestId: 'once', then: [put('/a', 'new'), get('/a'), remove('/t')] };
    const first = Object(await ask(once));
    for (let i = 0; i < 3; i++) await write('/a', `later ${i}`);
    const second = Object(await ask(once));
    expect({ ...second, id: 0 }).toEqual({ ...first, id: 0 });
  });

  it('S4 are told to be gone where history is, with where it was made', async () => {
    const { put: write, ask, engine, revisionOf } = await started();
    await write('/a', 'old');
    const once = { requestId: 'once', if: [{ path: '/a', exists: false }] };
    const both = { ...once, then: [], else: [put('/a', 'new'), get('/a')] };
    await ask(both);
    await write('/a', 'later');
    await engine.maintenance.compact(engine.reads.revision);
    const reply = await ask(both);
    expect(reply).toMatchObject({ type: 'error', code: 'results_compacted' });
    expect(Object(reply).message).toContain(`at revision ${revisionOf(2)}, by its branch "else"`);
  });

  it('W12 come after the frames of the commit', async () => {
    const { client, ask, settle } = await started();
    client.send({ type: 'watch', id: 50, path: '/', mode: 'state' });
    await settle();
    client.received.length = 0;
    await ask({ then: [put('/a')] });
    expect(client.received.map(({ type }) => type)).toEqual(['commits']);
  });
});

describe('a transaction that does not fit', () => {
  it.each<[string, Partial<Txn>]>([
    ['overlapping_writes', { then: [put('/a'), put('/a')] }],
    ['overlapping_writes', { then: [], else: [put('/a/b'), remove('/a')] }],
    ['invalid_path', { then: [get('/a//b')] }],
    ['invalid_path', { then: [get('/')] }],
    ['invalid_path', { if: [{ path: '/', exists: true }] }],
    ['invalid_path', { then: [], else: [{ type: 'list', path: 'a' }] }],
    ['reserved_path', { then: [], else: [put('/a/.confer/b')] }],
    ['invalid_value', { if: [{ path: '/a', value: '\ud800' }] }],
    ['invalid_message', { if: [{ path: '/a', lease: 'x'.repeat(129) }] }],
    ['too_large', { then: Array.from({ length: txnLimits.readsMax + 1 }, () => get('/a')) }],
    ['too_large', { note: 'x'.repeat(limits.noteBytesMax + 1) }],
    ['future_revision', { if: [{ path: '/', unchangedSince: 1_000_000 }] }],
  ])('S3 is refused (%s), and nothing of it is done: number %#', async (code, txn) => {
    const { ask, engine } = await started();
    const { then = [], ...rest } = txn;
    const at = engine.reads.revision;
    expect(await ask({ ...rest, then: [...then, put('/other')] })).toMatchObject({ code });
    // A gateway writes into its cluster that a request was not made, which is nobody's commit.
    expect([...engine.reads.history(at)]).toEqual([]);
    expect(engine.reads.get('/other')).toBeUndefined();
  });

  it('says of a condition of no kind, or of two, that it is none', async () => {
    const { client } = await started();
    const conditions = [{ path: '/a' }, { path: '/a', modRevision: 0, exists: false }];
    for (const [id, condition] of conditions.entries())
      client.sendText(
        JSON.stringify({ type: 'txn', id, requestId: 'r', if: [condition], then: [] }),
      );
    for (const id of conditions.keys())
      expect(client.take('error')).toMatchObject({
        ...{ id, code: 'invalid_message' },
        message: expect.stringContaining('txn.if.0: expected exactly one of modRevision'),
      });
  });
});

describe('S3 a transaction in parts', () => {
  const part = (number: number, fields: Partial<Txn>): Txn => ({
    ...{ type: 'txn', id: 7, requestId: 'r', part: number, if: [], then: [] },
    ...fields,
  });

  it('S3 is one, with all that its parts have in their order', async () => {
    const { client, settle, revisionOf, put: write } = await started();
    await write('/a', 'v');
    client.send(part(0, { more: true, if: [{ path: '/a', exists: true }], note: 'why' }));
    client.send(part(1, { more: true, if: [{ path: '/b', exists: true }], then: [put('/c')] }));
    client.send(part(2, { more: true, else: [put('/x'), get('/a')] }));
    client.send(part(3, { then: [put('/d')], else: [put('/y')] }));
    await settle();
    expect(client.received).toMatchObject([
      {
        ...{ type: 'decided', id: 7, succeeded: false, revision: revisionOf(2) },
        results: [{ type: 'put' }, { type: 'get', entry: { value: 'v' } }, { type: 'put' }],
      },
    ]);
  });

  it('S3 is refused whose writes overlap over its parts, and answered once', async () => {
    const { client, settle, engine } = await started();
    client.send(part(0, { more: true, then: [put('/a')] }));
    client.send(part(1, { then: [remove('/a')] }));
    await settle();
    expect(client.take('error').code).toBe('overlapping_writes');
    expect(engine.reads.entryCount).toBe(0);
  });

  it('ends the connection where a commit comes between', async () => {
    const { client } = await started();
    client.send(part(0, { more: true }));
    client.send({ type: 'commit', id: 7, requestId: 'r', part: 1, operations: [put('/a')] });
    expect(client.closed?.code).toBe(4400);
  });
});
