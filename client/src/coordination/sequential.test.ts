import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../api.ts';
import { startTestServer, type TestServer } from '../testing.ts';
import { createSequential } from './sequential.ts';

describe('createSequential', () => {
  let server: TestServer;
  let client: Client;

  beforeEach(() => {
    server = startTestServer();
    client = server.connect();
  });
  afterEach(() => server.close());

  it('names entries by numbers of ten digits that rise', async () => {
    const paths: string[] = [];
    for (const value of ['a', 'b', 'c']) {
      const { path, revision } = await createSequential(client, '/jobs', value);
      expect(server.get(path)).toMatchObject({ value, createRevision: revision });
      paths.push(path);
    }
    expect(paths[0]).toBe('/jobs/0000000001');
    expect(paths).toEqual([...paths].sort());
    expect(new Set(paths).size).toBe(3);
  });

  it('S2 gives each number once, however many create at once', async () => {
    const clients = Array.from({ length: 8 }, () => server.connect());
    const made = await Promise.all(
      clients.flatMap((each) => [1, 2, 3, 4].map(() => createSequential(each, '/jobs', 'v'))),
    );
    expect(new Set(made.map(({ path }) => path)).size).toBe(32);
    const byRevision = made.toSorted((a, b) => a.revision - b.revision).map(({ path }) => path);
    expect(byRevision).toEqual(byRevision.toSorted());
  });

  it('S5 never gives a number again, after a removal of the entry, of the counter, or of all', async () => {
    let last = '';
    for (const remove of [
      (path: string) => server.remove(path),
      () => server.remove('/jobs'),
      () => server.remove('/jobs', { recursive: true }),
      () => server.set('/elsewhere', 'v'),
    ]) {
      const { path } = await createSequential(client, '/jobs', 'v');
      expect(path > last).toBe(true);
      last = path;
      await remove(path);
    }
    expect((await createSequential(client, '/jobs', 'v')).path > last).toBe(true);
  });

  it('S5 does not give a number twice where all was removed between its look and its write', async () => {
    const other = server.connect();
    await server.set('/elsewhere', 'v');
    let taken = '';
    const txn = async (request: Parameters<Client['txn']>[0]) => {
      if (request.if !== undefined && taken === '') {
        taken = (await createSequential(other, '/jobs', 'theirs')).path;
        await server.remove('/jobs', { recursive: true });
      }
      return client.txn(request);
    };
    const meddled = new Proxy(client, {
      get: (target, key) => (key === 'txn' ? txn : Reflect.get(target, key, target)),
    });
    const { path } = await createSequential(meddled, '/jobs', 'mine');
    expect(path > taken).toBe(true);
  });

  it('leaves a prefix alone that holds something else, and says so', async () => {
    await server.set('/jobs', 'a list of jobs');
    await expect(createSequential(client, '/jobs', 'v')).rejects.toMatchObject({
      ...{ code: 'invalid_argument', path: '/jobs' },
      message: expect.stringContaining('holds something else'),
    });
    expect(server.revision).toBe(1);
  });

  it('is refused with a wrong argument before it travels', async () => {
    const wrong = (...args: unknown[]) => Reflect.apply(createSequential, undefined, args);
    for (const [args, code] of [
      [[client, 'jobs', 'v'], 'invalid_path'],
      [[client, '/', 'v'], 'invalid_path'],
      [[client, '/jobs', 7], 'invalid_argument'],
      [[client, '/jobs', 'v', { note: 7 }], 'invalid_argument'],
      [[{}, '/jobs', 'v'], 'invalid_argument'],
    ] as const)
      await expect(wrong(...args)).rejects.toMatchObject({ code });
  });

  it('ends in time where no server answers', async () => {
    await client.get('/a');
    await server.freeze();
    const created = createSequential(client, '/jobs', 'v', { timeoutMs: 1_000 });
    const failed = expect(created).rejects.toMatchObject({ code: 'timeout' });
    await server.advance(1_000);
    await failed;
  });
});
