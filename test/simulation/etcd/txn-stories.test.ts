import type { Condition } from '@confer/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommitOutcome, Engine, EngineOperation } from '../../../server/src/engine/engine.ts';
import type { TxnRequest } from '../../../server/src/engine/etcd/client/messages.ts';
import { openEtcdEngine } from '../../../server/src/engine/etcd/etcd-engine.ts';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { PREFIX } from './judges/truth.ts';
import { type ModelCluster, ModelEtcd } from './model/model-etcd.ts';

interface Opened {
  readonly engine: Engine;
  readonly cluster: ModelCluster;
}

/** A random that never hears that somebody gave up, and has no bad luck. */
class Even extends SeededRandom {
  override chance(): boolean {
    return false;
  }
}

const put = (path: string, value = '1'): EngineOperation => ({ type: 'put', path, value });
const remove = (path: string): EngineOperation => ({ type: 'delete', path });

describe('a transaction through gateways over a model of etcd', () => {
  let clock: VirtualClock;
  let etcd: ModelEtcd;

  beforeEach(() => {
    clock = new VirtualClock();
    const random = new Even(1);
    etcd = new ModelEtcd({ clock, random, version: '3.6.14', isProgressSound: true });
  });

  /** Runs the clock until it is there. */
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    await clock.until(() => isDone, 120_000);
    return promise;
  }

  async function open(name: string, member: number, on = clock.scope().clock): Promise<Opened> {
    const cluster = etcd.connect(name);
    let ids = 0;
    const engine = await settled(
      openEtcdEngine({
        ...{ cluster, prefix: PREFIX, clock: on, uptimeMs: () => clock.now() },
        ...{ random: () => member / 3 + 0.01, newId: () => `${name}-${++ids}` },
        defer: (run) => void on.setTimer(0, run),
      }),
    );
    engine.feed.consume(() => {});
    return { engine, cluster };
  }

  function txn(
    { engine }: Opened,
    requestId: string,
    conditions: readonly Condition[],
    operations: readonly EngineOperation[],
    otherwise: readonly EngineOperation[] | undefined = [],
  ): Promise<CommitOutcome> {
    const branches = otherwise === undefined ? { operations } : { operations, otherwise };
    const outcome = engine.writes.commit({ requestId, conditions, ...branches, actor: 'a' });
    outcome.catch(() => {});
    return outcome;
  }

  const write = (at: Opened, requestId: string, ...operations: EngineOperation[]) =>
    settled(txn(at, requestId, [], operations));

  /** Runs something before the first write of a gateway gets to etcd. */
  function before({ cluster }: Opened, run: () => unknown): void {
    let isRun = false;
    for (const member of cluster.members) {
      const send = member.txn.bind(member);
      member.txn = async (request: TxnRequest, options) => {
        if (!isRun && request.success.length > 2) {
          isRun = true;
          await run();
        }
        return send(request, options);
      };
    }
  }

  it.each<[string, readonly EngineOperation[] | undefined]>([
    ['found another branch with nothing to do', []],
    ['removed what was not there in another branch', [remove('/none')]],
    ['was refused', undefined],
  ])('S4 is not made by its first try after the second one %s elsewhere', async (_, otherwise) => {
    const process = clock.scope();
    const a = await open('A', 0, process.clock);
    const b = await open('B', 1);
    before(a, () => etcd.members[0]?.freeze());
    const ask = (at: Opened) =>
      otherwise === undefined
        ? at.engine.writes.commit({
            ...{ requestId: 'r1', conditions: [{ path: '/x', exists: false }], actor: 'a' },
            operations: [put('/y')],
          })
        : txn(at, 'r1', [{ path: '/x', exists: false }], [put('/y')], otherwise);
    void ask(a).catch(() => {});
    await clock.advance(200);
    process.kill();
    a.cluster.kill();
    await write(b, 'r2', put('/x'));
    const second = await settled(ask(b)).catch(({ code }) => code);
    expect(second).toEqual(
      otherwise === undefined ? 'conflict' : expect.objectContaining({ otherwise: true }),
    );
    await write(b, 'r3', remove('/x'));
    etcd.members[0]?.start();
    await clock.advance(1_000);
    expect(b.engine.reads.get('/y')).toBeUndefined();
  });

  it('S4 has the branch of the first try, whichever gateway is asked again', async () => {
    const a = await open('A', 0);
    const b = await open('B', 1);
    const ask = (at: Opened) => txn(at, 'r1', [{ path: '/x', exists: true }], [], [put('/x')]);
    const first = await settled(ask(a));
    expect(first).toMatchObject({ puts: 1, otherwise: true });
    expect(await settled(ask(b))).toEqual(first);
    expect(await settled(ask(a))).toEqual(first);
  });

  it('S4 has the branch of the first try where the other one is too large', async () => {
    const a = await open('A', 0);
    const large = put('/large', 'x'.repeat(2_000_000));
    const isThere = [{ path: '/x', exists: true }];
    const first = await settled(txn(a, 'r1', isThere, [large], [put('/x')]));
    expect(await settled(txn(a, 'r1', isThere, [large], [put('/x')]))).toEqual(first);
    const another = await settled(txn(a, 'r2', isThere, [large])).catch(({ code }) => code);
    expect(another).toBe('too_large');
    expect(a.engine.reads.get('/large')).toBeUndefined();
  });

  it.each<[string, Condition, EngineOperation]>([
    ['what a path holds', { path: '/t/x', value: '1' }, put('/t/x', '2')],
    ['that nothing changed below', { path: '/t', unchangedSince: 0 }, put('/t/new')],
    ['that nothing went below', { path: '/t', unchangedSince: 0 }, remove('/t/x')],
  ])('S2 is judged again where %s is another by the time it is made', async (_, given, change) => {
    const a = await open('A', 0);
    const b = await open('B', 1);
    const { revision } = await write(b, 'r0', put('/t/x'));
    const condition = 'unchangedSince' in given ? { ...given, unchangedSince: revision } : given;
    before(a, () => txn(b, 'r2', [], [change]));
    const outcome = await settled(txn(a, 'r1', [condition], [put('/done')], [put('/else')]));
    expect(outcome).toMatchObject({ puts: 1, otherwise: true });
    expect(a.engine.reads.get('/done')).toBeUndefined();
  });

  it('W9 knows a revision that another gateway showed, and that is of no commit', async () => {
    const a = await open('A', 0);
    const b = await open('B', 1);
    await write(a, 'r0', put('/x'));
    const key = Buffer.from('/elsewhere');
    const beside = { requestPut: { key, value: Buffer.alloc(0) } };
    etcd.writeBeside({ compare: [], success: [beside], failure: [] });
    const shown = a.engine.reads.revision + 1;
    expect(await settled(Promise.resolve(a.engine.reads.reach(shown, 5_000)))).toBe(true);
    expect(b.engine.reads.revision).toBeLessThan(shown);
    const asked = txn(b, 'r1', [{ path: '/x', unchangedSince: shown }], [put('/y')]);
    expect(await settled(asked)).toMatchObject({ puts: 1 });
  });
});
