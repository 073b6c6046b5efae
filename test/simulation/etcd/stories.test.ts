import { type Clock, ProtocolError } from '@confer/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type {
  CommitOutcome,
  Engine,
  EngineOperation,
  FeedEvent,
} from '../../../server/src/engine/engine.ts';
import type { RequestOp, TxnRequest } from '../../../server/src/engine/etcd/client/messages.ts';
import { openEtcdEngine } from '../../../server/src/engine/etcd/etcd-engine.ts';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { EPOCH_KEY, HEAD_KEY, PREFIX } from './judges/truth.ts';
import { applyCompaction } from './model/apply.ts';
import { type ModelCluster, ModelEtcd } from './model/model-etcd.ts';

interface Opened {
  readonly engine: Engine;
  readonly cluster: ModelCluster;
  readonly kinds: FeedEvent['kind'][];
}

/** A random that never hears that somebody gave up, and has no bad luck. */
class Even extends SeededRandom {
  override chance(): boolean {
    return false;
  }
}

const only = (...success: RequestOp[]): TxnRequest => ({ compare: [], success, failure: [] });
const remove = (key: string) => only({ requestDeleteRange: { key: Buffer.from(key) } });
const put = (path: string, value = '1'): EngineOperation => ({ type: 'put', path, value });
const absent = (path: string) => ({ path, modRevision: 0 });

describe('a gateway over a model of etcd', () => {
  let clock: VirtualClock;
  let etcd: ModelEtcd;

  beforeEach(() => {
    clock = new VirtualClock();
    etcd = new ModelEtcd({
      clock,
      random: new Even(1),
      version: '3.6.14',
      isProgressSound: true,
    });
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

  async function open(
    name: string,
    member: number,
    { on = clock, deferMs = 0 }: { on?: Clock; deferMs?: number } = {},
  ): Promise<Opened> {
    const cluster = etcd.connect(name);
    let ids = 0;
    const engine = await settled(
      openEtcdEngine({
        cluster,
        prefix: PREFIX,
        clock: on,
        uptimeMs: () => clock.now(),
        random: () => member / 3 + 0.01,
        newId: () => `${name}-${++ids}`,
        defer: (run) => void on.setTimer(deferMs, run),
      }),
    );
    const kinds: FeedEvent['kind'][] = [];
    engine.feed.consume(({ kind }) => kinds.push(kind));
    return { engine, cluster, kinds };
  }

  function commit(
    { engine }: Opened,
    requestId: string,
    operations: EngineOperation[],
    conditions: { path: string; modRevision: number }[] = [],
  ): Promise<CommitOutcome> {
    const outcome = engine.writes.commit({ requestId, operations, conditions, actor: 'a' });
    outcome.catch(() => {});
    return outcome;
  }

  async function codeOf(promise: Promise<unknown>): Promise<string> {
    const error = await settled(promise).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof ProtocolError ? error.code : 'none';
  }

  it('W3 tells nothing after its end', async () => {
    const a = await open('A', 0);
    await settled(commit(a, 'r1', [put('/x')]));
    const range = { key: Buffer.from(`${PREFIX}/`), rangeEnd: Buffer.from(`${PREFIX}0`) };
    etcd.writeBeside(only({ requestDeleteRange: range }));
    await clock.advance(1_000);
    expect(a.kinds.at(-1)).toBe('end');
  });

  it('W9 has another epoch after one that it ended, also where the head was written again', async () => {
    const a = await open('A', 0);
    for (const member of etcd.members) member.lagMs = 300;
    etcd.writeBeside(remove(HEAD_KEY));
    void commit(a, 'r1', [put('/x')]);
    await clock.advance(2_000);
    expect(a.kinds).toContain('end');
    expect((await open('A2', 0)).engine.epoch).not.toBe(a.engine.epoch);
  });

  it('S2 lets no read pass its barrier where there is no head', async () => {
    const a = await open('A', 0);
    const [ofA] = etcd.streams;
    const b = await open('B', 1);
    if (ofA !== undefined) ofA.isSilent = true;
    await settled(commit(b, 'r1', [put('/x')]));
    etcd.writeBeside(remove(HEAD_KEY));
    expect(await codeOf(Promise.resolve(a.engine.reads.barrier()))).toBe('unavailable');
  });

  it('S1 S2 answers nothing by a revision that went back', async () => {
    const a = await open('A', 0);
    const backup = etcd.backUp();
    for (let i = 0; i < 5; i++) await settled(commit(a, `d${i}`, [put('/x', `${i}`), put('/w')]));
    etcd.restore(backup, { downMs: 1_500 });
    await clock.advance(1_500);
    const write = commit(a, 'r1', [put('/x', 'new')]);
    const read = Promise.resolve(a.engine.reads.barrier());
    expect(await codeOf(read)).toBe('unavailable');
    expect(await codeOf(write)).toBe('outcome_unknown');
  });

  it('S4 is in doubt where what would settle a doubt is refused', async () => {
    const a = await open('A', 0);
    const b = await open('B', 1);
    await settled(commit(b, 'r0', [put('/x')]));
    const [, second] = a.cluster.members;
    if (second === undefined) throw new Error('there are three');
    const txn = second.txn.bind(second);
    second.txn = async (request, options) => {
      const response = await txn(request, options);
      // The refusal comes in while the gateway is out of touch.
      while (request.compare.length > 1 && a.engine.health.current.kind !== 'behind')
        await new Promise<void>((resolve) => clock.setTimer(1, resolve));
      return response;
    };
    etcd.members[0]?.freeze();
    expect(await codeOf(commit(a, 'r1', [put('/y')], [absent('/x')]))).not.toBe('unavailable');
  });

  it('S4 is in doubt where nobody can say whether a write without space was made', async () => {
    const a = await open('A', 0);
    await open('B', 1);
    etcd.isFull = true;
    const [first] = a.cluster.members;
    if (first === undefined) throw new Error('there are three');
    const txn = first.txn.bind(first);
    first.txn = async (request, options) => {
      try {
        return await txn(request, options);
      } finally {
        etcd.hasLeader = false;
      }
    };
    expect(await codeOf(commit(a, 'r1', [put('/y')]))).toBe('outcome_unknown');
  });

  it('S3 makes no write of many conditions that do not hold, while a large commit is taken', async () => {
    const random = new SeededRandom(1);
    etcd = new ModelEtcd({ clock, random, version: '3.6.14', isProgressSound: true });
    const a = await open('A', 0, { deferMs: 2 });
    const b = await open('B', 1, { deferMs: 2 });
    for (const member of a.cluster.members) {
      const range = member.range.bind(member);
      member.range = async (request, options) => {
        const response = await range(request, options);
        await new Promise<void>((resolve) => clock.setTimer(15, resolve));
        return response;
      };
    }
    const many = Array.from({ length: 3_000 }, (_, i) => `/m/${i}`);
    let large: Promise<CommitOutcome> | undefined;
    const asked: Promise<CommitOutcome>[] = [];
    for (let i = 0; i < 80; i++) {
      if (i === 20)
        large = commit(
          b,
          'large',
          many.map((path) => put(path)),
        );
      asked.push(commit(a, `q${i}`, [put(`/z/${i}`)], many.slice(0, 61).map(absent)));
      await clock.advance(1);
    }
    if (large === undefined) throw new Error('it was asked for');
    const { revision } = await settled(large);
    const outcomes = await settled(Promise.allSettled(asked));
    const made = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(made.filter((each) => each.revision > revision)).toEqual([]);
  });

  it.each([
    ['refused by a condition', [put('/y')], [absent('/x')]],
    ['found to have nothing to do', [{ type: 'delete', path: '/y' } as const], []],
  ])(
    'S4 does not make the first try of a write after the second one was %s elsewhere',
    async (_, operations, conditions) => {
      const process = clock.scope();
      const a = await open('A', 0, { on: process.clock });
      const b = await open('B', 1);
      const isDelete = operations[0]?.type === 'delete';
      if (isDelete) await settled(commit(b, 'r0', [put('/y', '0')]));
      const [first] = a.cluster.members;
      if (first === undefined) throw new Error('there are three');
      const txn = first.txn.bind(first);
      first.txn = (request, options) => {
        if (request.success.length > 2) etcd.members[0]?.freeze();
        return txn(request, options);
      };
      void commit(a, 'r1', operations, conditions);
      await clock.advance(200);
      process.kill();
      a.cluster.kill();
      await settled(commit(b, 'r2', isDelete ? operations : [put('/x')]));
      await settled(commit(b, 'r1', operations, conditions)).catch(() => {});
      const last = isDelete ? put('/y', 'new') : ({ type: 'delete', path: '/x' } as const);
      await settled(commit(b, 'r3', [last]));
      etcd.members[0]?.start();
      await clock.advance(1_000);
      expect(b.engine.reads.get('/y')?.value).toBe(isDelete ? 'new' : undefined);
    },
  );

  it.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('S4 is patient by its uptime where the clock is set %s', async (_, stepMs) => {
    let offsetMs = 0;
    const set: Clock = {
      now: () => clock.now() + offsetMs,
      setTimer: (delayMs, run) => clock.setTimer(delayMs, run),
    };
    const a = await open('A', 0, { on: set });
    for (const member of etcd.members) member.freeze();
    const answers: string[] = [];
    const write = commit(a, 'r1', [put('/x')]);
    write.then(
      () => answers.push('written'),
      () => answers.push('failed'),
    );
    const read = Promise.resolve(a.engine.reads.barrier());
    read.catch(() => answers.push('unavailable'));
    await clock.advance(500);
    offsetMs = stepMs;
    await clock.advance(1_000);
    expect(answers).toEqual([]);
    await clock.advance(5_000);
    expect(answers).toEqual(['unavailable']);
    await clock.advance(30_000);
    expect(answers).toEqual(['unavailable', 'failed']);
  });

  it('W9 ends where the epoch is named anew while it reads everything', async () => {
    const a = await open('A', 0);
    for (const stream of etcd.streams) stream.isSilent = true;
    const key = Buffer.from(`${PREFIX}/z`);
    for (const value of ['1', '2'])
      etcd.writeBeside(only({ requestPut: { key, value: Buffer.from(value) } }));
    etcd.propose((history) => applyCompaction(history, history.last.revision));
    for (const member of a.cluster.members) {
      const range = member.range.bind(member);
      member.range = (request, options) => {
        const value = Buffer.from('{"id":"other","clusterId":"1","floor":0}');
        if (request.rangeEnd !== undefined)
          etcd.writeBeside(only({ requestPut: { key: Buffer.from(EPOCH_KEY), value } }));
        return range(request, options);
      };
    }
    await clock.advance(30_000);
    expect(a.kinds).toContain('end');
  });
});
