import { connect } from '@confer/client';
import { historyOf } from '@confer/client/history';
import { createServer } from '@confer/server';
import { afterEach, describe, expect, it } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../server/src/test-support/etcd-process.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, the past over several gateways: ${problem}`);

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.runIf(problem === undefined)('the past over several gateways (with etcd)', () => {
  it('W9 is the same at each, as soon as one has shown it, and a revert at one is seen at the other', async () => {
    const [member] = await EtcdProcess.cluster(1);
    if (member === undefined) throw new Error('no etcd');
    ends.push(() => member.remove());
    const gateway = async () => {
      const endpoints = [member.url];
      const server = await createServer({ engine: 'etcd', endpoints, port: 0, transport: 'ws' });
      ends.push(() => server.close());
      return server;
    };
    const clientOf = ({ url }: { readonly url: string }) => {
      const client = connect(url, { client: { name: 'ada' } });
      ends.push(() => client.close());
      return client;
    };
    const servers = [await gateway(), await gateway()];
    const [here, there] = servers.map(clientOf);
    if (here === undefined || there === undefined) throw new Error('no clients');
    const [past, other] = [historyOf(here), historyOf(there)];
    for (let i = 0; i < 20; i++) {
      const { revision } = await here.set('/a/k', `${i}`, { note: `n${i}` });
      // The other gateway may not have it yet: it waits for it.
      expect((await there.get('/a/k', { at: revision }))?.value).toBe(`${i}`);
      const [newest] = await all(other.log('/a', { at: revision }));
      expect(newest).toMatchObject({ revision, note: `n${i}` });
    }
    const { revision } = await here.remove('/a', { recursive: true, note: 'oops' });
    const plan = await other.planRevert({ commit: revision });
    await other.revert(plan);
    expect((await here.get('/a/k'))?.value).toBe('19');
    const logs = await Promise.all(
      [past, other].map((each) => all(each.log('/', { values: true }))),
    );
    expect(logs[0]).toHaveLength(22);
    expect(logs[0]).toEqual(logs[1]);
    expect(await all(past.versions('/a/k'))).toEqual(await all(other.versions('/a/k')));

    // One that starts anew has what etcd still has, and says where that begins.
    const late = await gateway();
    const newcomer = clientOf(late);
    const log = historyOf(newcomer).log('/', { values: true });
    expect(await all(log)).toEqual(
      logs[0]?.filter((each) => each.revision > (log.compactedRevision ?? 0)),
    );
  });
});
