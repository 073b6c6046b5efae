import type { Condition, Operation } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../engine.ts';
import { type EngineFixture, failureOf, type Scene } from './scene.contract.ts';

const put = (path: string, value = 'v'): Operation => ({ type: 'put', path, value });
const remove = (path: string): Operation => ({ type: 'delete', path });
const removeAll = (path: string): Operation => ({ type: 'delete', path, recursive: true });

export function describeTxn(scene: () => Scene, fixture: EngineFixture): void {
  const txn = (
    conditions: readonly Condition[],
    operations: readonly Operation[],
    otherwise: readonly Operation[] = [],
    more: Partial<WriteRequest> = {},
  ) => scene().commit(operations, { conditions, otherwise, ...more });

  describe('the kinds of conditions', () => {
    const holding: readonly [string, (revision: number) => Condition][] = [
      ['its modRevision', (revision) => ({ path: '/a', modRevision: revision })],
      ['its createRevision', (revision) => ({ path: '/a', createRevision: revision })],
      ['its version', () => ({ path: '/a', version: 1 })],
      ['its value', () => ({ path: '/a', value: 'é"1' })],
      ['that it is there', () => ({ path: '/a', exists: true })],
      ['that it has no lease', () => ({ path: '/a', lease: null })],
      ['that nothing changed', (revision) => ({ path: '/a', unchangedSince: revision })],
      ['that another is not there', () => ({ path: '/none', exists: false })],
      ['that another was never created', () => ({ path: '/none', createRevision: 0 })],
      ['that another has no version', () => ({ path: '/none', version: 0 })],
    ];
    it.each(holding)('S2 let a commit pass by %s', async (_, condition) => {
      const { revision } = await scene().put('/a', 'é"1');
      await scene().commit([put('/b')], { conditions: [condition(revision)] });
      expect(scene().values('/b')).toEqual(['/b=v']);
    });

    const broken: readonly [string, (revision: number) => Condition][] = [
      ['another modRevision', (revision) => ({ path: '/a', modRevision: revision - 1 })],
      ['another createRevision', (revision) => ({ path: '/a', createRevision: revision + 1 })],
      ['another version', () => ({ path: '/a', version: 2 })],
      ['another value', () => ({ path: '/a', value: 'two' })],
      ['that it is not there', () => ({ path: '/a', exists: false })],
      ['a lease', () => ({ path: '/a', lease: 'l-1' })],
      ['that nothing changed', (revision) => ({ path: '/a', unchangedSince: revision - 1 })],
      ['that another is there', () => ({ path: '/none', exists: true })],
      ['what another holds', () => ({ path: '/none', value: '' })],
      ['that another has no lease', () => ({ path: '/none', lease: null })],
    ];
    it.each(broken)(
      'S3 refuse a commit by %s, and let a transaction do the other branch',
      async (_, condition) => {
        const { revision } = await scene().put('/a', 'one');
        const conditions = [condition(revision)];
        const { code, details } = await failureOf(() =>
          scene().commit([put('/b')], { conditions }),
        );
        expect([code, details.path]).toEqual(['conflict', conditions[0]?.path]);
        expect(scene().values()).toEqual(['/a=one']);
        const outcome = await txn(conditions, [put('/b')], [put('/c')]);
        expect(outcome).toMatchObject({ puts: 1, deletes: 0, otherwise: true });
        expect(scene().values()).toEqual(['/a=one', '/c=v']);
      },
    );

    it('S2 know the lease that an entry has', async () => {
      const lease = await scene().grant();
      await scene().engine.writes.commit({
        ...{ operations: [{ type: 'put', path: '/a', value: 'v', lease }], conditions: [] },
        ...{ actor: 'ann', requestId: 'leased' },
      });
      expect(await txn([{ path: '/a', lease }], [put('/b')])).not.toHaveProperty('otherwise');
      expect(await txn([{ path: '/a', lease: null }], [put('/b')])).toHaveProperty('otherwise');
    });
  });

  describe('that nothing below changed since a revision', () => {
    const since = (path: string, unchangedSince: number) => [{ path, unchangedSince }];

    it.each([
      ['a put of it', () => scene().put('/app', 'v')],
      ['a put below it', () => scene().put('/app/x/y', 'v')],
      ['a delete below it', () => scene().delete('/app/old')],
      ['a delete of all', () => scene().deleteSubtree('/')],
    ])('S2 is broken by %s, and stays so', async (_, change) => {
      const { revision } = await scene().put('/app/old', 'v');
      await change();
      await scene().put('/later', 'v');
      expect(await txn(since('/app', revision), [])).toHaveProperty('otherwise');
      expect(await txn(since('/', revision), [])).toHaveProperty('otherwise');
    });

    it('S6 is not broken by siblings, by what is the server’s own, or by what happened before', async () => {
      await scene().put('/app/x', 'v');
      const { revision } = await scene().delete('/app/x');
      for (const path of ['/apple', '/app-x', '/app.x', '/app/.confer/x', '/app/y/.confer/z'])
        await scene().put(path, 'v');
      expect(await txn(since('/app', revision), [put('/b')])).not.toHaveProperty('otherwise');
      const own = await txn(since('/app/.confer', revision), [put('/b')]);
      expect(own).toHaveProperty('otherwise');
    });

    it('is refused for a revision that has not happened, and nothing is written', async () => {
      await scene().put('/a', 'v');
      const { future } = scene();
      const failure = await failureOf(() => txn(since('/a', future), [put('/b')], [put('/c')]));
      expect(failure.code).toBe('future_revision');
      expect(scene().values()).toEqual(['/a=v']);
    });

    it('W10 is refused where all of a request would take too long to be judged, as others wait for it', async () => {
      const { revision } = await scene().put('/a', 'one');
      await scene().commit(Array.from({ length: 9_000 }, (_, i) => put(`/t/${i}`)));
      const unchanged = (count: number) => ({
        conditions: Array.from({ length: count }, () => ({ path: '/a', unchangedSince: revision })),
      });
      expect(await failureOf(() => scene().commit([put('/b')], unchanged(120)))).toMatchObject({
        code: 'too_large',
      });
      expect(scene().values('/b')).toEqual([]);
      await scene().commit([put('/b')], unchanged(100));
      expect(scene().values('/b')).toEqual(['/b=v']);
    });

    it('is judged beyond a compaction as far as deletes are known, and refused below that', async () => {
      const { engine } = scene();
      const { revision } = await scene().put('/a', 'v');
      await scene().put('/b/old', 'v');
      await scene().delete('/b/old');
      await engine.maintenance.compact(engine.reads.revision);
      const ask = (path: string) => txn(since(path, revision), [put('/c')]);
      if (engine.reads.tombstoneFloor <= revision) {
        expect(await ask('/a')).not.toHaveProperty('otherwise');
        expect(await ask('/b')).toHaveProperty('otherwise');
      } else {
        const { code, details } = await failureOf(() => ask('/a'));
        expect(code).toBe('compacted');
        expect(details.compactedRevision).toBe(engine.reads.tombstoneFloor);
      }
    });
  });

  describe('a transaction', () => {
    it('S3 does one branch as one commit', async () => {
      await scene().put('/a', '1');
      const swap = () =>
        txn([{ path: '/a', value: '1' }], [put('/a', '2'), put('/b')], [removeAll('/'), put('/c')]);
      await failureOf(swap);
      const swapSafely = () =>
        txn([{ path: '/a', value: '1' }], [put('/a', '2'), put('/b')], [remove('/a'), put('/c')]);
      expect(await swapSafely()).toMatchObject({ puts: 2, deletes: 0 });
      expect(scene().values()).toEqual(['/a=2', '/b=v']);
      expect(await swapSafely()).toMatchObject({ puts: 1, deletes: 1, otherwise: true });
      expect(scene().values()).toEqual(['/b=v', '/c=v']);
      expect(scene().fed).toHaveLength(3);
    });

    it('makes no commit where its branch has nothing to change', async () => {
      const { revision } = await scene().put('/a', '1');
      for (const outcome of [
        await txn([{ path: '/a', exists: true }], []),
        await txn([{ path: '/a', exists: true }], [remove('/none')], [put('/b')]),
        await txn([{ path: '/a', exists: false }], [put('/b')]),
        await txn([{ path: '/a', exists: false }], [put('/b')], [removeAll('/none')]),
      ]) {
        expect(outcome).toMatchObject({ puts: 0, deletes: 0 });
        expect(outcome.revision).toBeGreaterThanOrEqual(revision);
      }
      expect(scene().values()).toEqual(['/a=1']);
      expect(scene().fed).toHaveLength(1);
    });

    it.each<[string, readonly Operation[]]>([
      ['put twice', [put('/a/b'), put('/x'), put('/a/b')]],
      ['put and deleted', [put('/a/b'), remove('/a/b')]],
      ['put below a subtree that goes', [put('/a/b'), removeAll('/a')]],
      ['put and gone with its subtree', [put('/a/b'), removeAll('/a/b')]],
      ['in two subtrees that go', [removeAll('/a/b'), removeAll('/a')]],
      ['put twice among many', [...many(1_500), put('/many/7')]],
    ])('S3 is refused where a path is %s, in both branches', async (_, operations) => {
      const judged = [{ path: '/a', exists: false }];
      for (const refused of [
        () => txn(judged, operations, [put('/c')]),
        () => txn(judged, [put('/c')], operations),
      ])
        expect((await failureOf(refused)).code).toBe('overlapping_writes');
      expect(scene().values()).toEqual([]);
    });

    it('S6 is not refused for paths that only begin alike', async () => {
      const operations = [put('/a'), removeAll('/a/b'), put('/a/b-c'), removeAll('/a/bc')];
      expect(await txn([], operations, operations)).toMatchObject({ puts: 2 });
    });

    it('S2 counts to a hundred, though many count at once', async () => {
      await scene().put('/count', '0');
      const one = async () => {
        for (;;) {
          const value = scene().engine.reads.get('/count')?.value ?? '';
          const next = put('/count', String(Number(value) + 1));
          const { otherwise } = await txn([{ path: '/count', value }], [next]);
          if (otherwise === undefined) return;
        }
      };
      const counter = async () => {
        for (let i = 0; i < 20; i++) await one();
      };
      await Promise.all(Array.from({ length: 5 }, counter));
      expect(scene().values()).toEqual(['/count=100']);
    });

    it('may have 10,000 operations in each branch, and 10,000 conditions', async () => {
      const absent = many(10_000).map(({ path }) => ({ path, exists: false }));
      const [puts, removes] = [many(10_000), many(10_000).map(({ path }) => remove(path))];
      expect(await txn(absent, puts, removes)).toMatchObject({ puts: 10_000 });
      expect(await txn(absent, puts, removes)).toMatchObject({ deletes: 10_000, otherwise: true });
    });
  });

  describe('S4 the request id of a transaction', () => {
    const once = { requestId: 'once' };
    const isThere = [{ path: '/a', exists: true }];

    it('S4 is answered with the branch that was made, whatever holds by now', async () => {
      const ask = () => txn(isThere, [put('/b')], [put('/a')], once);
      const first = await ask();
      expect(first).toMatchObject({ puts: 1, otherwise: true });
      await scene().put('/later', 'v');
      expect(await ask()).toEqual(first);
      expect(scene().values()).toEqual(['/a=v', '/later=v']);
    });

    it('S4 is answered so where its conditions cannot even be judged any more', async () => {
      const { engine } = scene();
      const { revision } = await scene().put('/a', 'v');
      const conditions = [{ path: '/a', unchangedSince: revision }];
      const first = await txn(conditions, [put('/b')], [], once);
      await scene().put('/b', 'w');
      await engine.maintenance.compact(engine.reads.revision);
      expect(await txn(conditions, [put('/b')], [], once)).toEqual(first);
    });

    it('S4 is judged anew where its branch had nothing to change', async () => {
      const ask = () => txn(isThere, [put('/b')], [], once);
      expect(await ask()).toMatchObject({ puts: 0, otherwise: true });
      await scene().put('/a', 'v');
      expect(await ask()).toMatchObject({ puts: 1 });
    });

    it('S4 is refused for another branch, another condition, and a commit of the same', async () => {
      await txn(isThere, [put('/b')], [put('/a')], once);
      for (const another of [
        () => txn(isThere, [put('/b')], [put('/c')], once),
        () => txn(isThere, [put('/b'), put('/a')], [], once),
        () => txn([{ path: '/a', exists: false }], [put('/b')], [put('/a')], once),
        () => scene().commit([put('/b')], { conditions: [], ...once }),
      ])
        expect((await failureOf(another)).code).toBe('invalid_message');
    });

    it('S4 has its branch after a restart, too', async () => {
      if (fixture.reopen === undefined) return;
      const ask = (at: Scene) =>
        at.commit([put('/b')], { conditions: isThere, otherwise: [put('/a')], ...once });
      const first = await ask(scene());
      await scene().engine.close();
      const again = await fixture.reopen(scene().engine, scene().clock);
      again.feed.consume(() => {});
      const outcome = await again.writes.commit({
        ...{ operations: [put('/b')], conditions: isThere, otherwise: [put('/a')] },
        ...{ actor: 'ann', ...once },
      });
      expect(outcome).toEqual(first);
      await again.close();
    });
  });
}

function many(count: number): Operation[] {
  return Array.from({ length: count }, (_, i) => put(`/many/${i}`));
}
