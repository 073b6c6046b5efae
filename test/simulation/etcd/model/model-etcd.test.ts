import { beforeEach, describe, expect, it } from 'vitest';
import type {
  RequestOp,
  TxnRequest,
  WatchResponse,
} from '../../../../server/src/engine/etcd/client/messages.ts';
import { SeededRandom } from '../../../../shared/src/test-support/seeded-random.ts';
import { VirtualClock } from '../../../../shared/src/test-support/virtual-clock.ts';
import { applyCompaction } from './apply.ts';
import { ModelEtcd } from './model-etcd.ts';
import { requireTxn } from './txn-rules.ts';

const put = (key: string): RequestOp => ({
  requestPut: { key: Buffer.from(key), value: Buffer.from('v') },
});
const remove = (key: string, rangeEnd: string): RequestOp => ({
  requestDeleteRange: { key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) },
});
const all = (...success: RequestOp[]): TxnRequest => ({ compare: [], success, failure: [] });
const puts = (count: number, name = 'k') =>
  Array.from({ length: count }, (_, i) => put(`${name}${i}`));
const within = (count: number, each: number) =>
  all(...Array.from({ length: count }, (_, i) => ({ requestTxn: all(...puts(each, `k${i}-`)) })));

describe('the model refuses what etcd refuses:', () => {
  it.each([
    ['128 operations', all(...puts(128)), undefined],
    ['129 operations', all(...puts(129)), 'too many operations'],
    ['64 transactions of 64', within(64, 64), undefined],
    ['64 transactions of 65', within(64, 65), 'too many operations'],
    ['a key twice', all(put('a'), put('a')), 'duplicate key'],
    ['a key twice, once within', all(put('a'), { requestTxn: all(put('a')) }), 'duplicate key'],
    ['a key put and removed', all(put('b'), remove('a', 'c')), 'duplicate key'],
    ['ranges that overlap', all(remove('a', 'c'), remove('b', 'd')), undefined],
    ['a key on both sides', { ...all(put('a')), failure: [put('a')] }, undefined],
  ])('%s', (_, txn, problem) => {
    if (problem === undefined) requireTxn(txn);
    else expect(() => requireTxn(txn)).toThrow(problem);
  });
});

describe('a model of etcd', () => {
  let clock: VirtualClock;
  let etcd: ModelEtcd;

  beforeEach(() => {
    clock = new VirtualClock();
    const random = new SeededRandom(1);
    etcd = new ModelEtcd({ clock, random, version: '3.6.14', isProgressSound: true });
  });

  const revision = () => etcd.history.last.revision;

  async function watchFrom(startRevision: number): Promise<WatchResponse[]> {
    const responses: WatchResponse[] = [];
    const [member] = etcd.connect('c').members;
    member?.watch(
      { key: Buffer.from('a'), rangeEnd: Buffer.from('z'), startRevision },
      { onResponse: (response) => responses.push(response), onEnd: () => {} },
    );
    await clock.advance(2_000);
    return responses;
  }

  it('counts a revision for what writes, and an entry of the log for all', () => {
    const { last } = etcd.history;
    etcd.writeBeside(all(put('a')));
    etcd.writeBeside(all(remove('x', 'y')));
    expect(etcd.history.last).toEqual({
      index: last.index + 2,
      revision: last.revision + 1,
      compacted: 0,
    });
  });

  it('tells a watch all from its first revision on', async () => {
    etcd.writeBeside(all(put('a'), put('b')));
    etcd.writeBeside(all(remove('a', 'b')));
    const events = (await watchFrom(revision())).flatMap((response) => response.events);
    expect(events.map(({ type, kv }) => [type, kv.modRevision])).toEqual([['delete', revision()]]);
  });

  it.each([
    ['before what is compacted', 1, true],
    ['where that begins', 0, false],
  ])('ends a watch that begins %s, or not', async (_, before, isEnded) => {
    for (let i = 0; i < 3; i++) etcd.writeBeside(all(put('a')));
    etcd.propose((history) => applyCompaction(history, revision()));
    await clock.advance(100);
    const responses = await watchFrom(revision() - before);
    expect(responses[0]).toMatchObject({ created: true, canceled: false });
    expect(responses.some(({ canceled }) => canceled)).toBe(isEnded);
    if (isEnded) expect(responses[1]).toMatchObject({ compactRevision: revision() });
  });

  it('begins a new log where a backup is put back, at the revision of the backup', async () => {
    etcd.writeBeside(all(put('a')));
    const backup = etcd.backUp();
    etcd.writeBeside(all(put('a')));
    etcd.restore(backup, { downMs: 1_000 });
    expect(etcd.history.last.revision).toBe(backup.applied.revision);
    expect(etcd.history.last.index).toBeLessThan(backup.applied.index);
    expect(etcd.history.at('a', revision())?.version).toBe(1);
  });

  it('lets a frozen member make what it has under way when it goes on', async () => {
    const [member] = etcd.members;
    const [connection] = etcd.connect('c').members;
    member?.freeze();
    const before = revision();
    const answer = connection?.txn(all(put('a')), { timeoutMs: 50_000 });
    await clock.advance(10_000);
    expect(revision()).toBe(before);
    member?.start();
    await clock.advance(1_000);
    expect((await answer)?.header.revision).toBe(before + 1);
  });
});
