import { describe, expect, it } from 'vitest';
import { IDEMPOTENCY_WINDOW_MS } from '../idempotency.ts';
import { failureOf, type Rig } from './rig.contract.ts';

export function describeCompaction(rig: () => Rig): void {
  const codeOf = async (run: () => unknown) => (await failureOf(run)).code;

  /** The revision of the commit that came out of the feed `back` commits before the last. */
  const revisionBefore = (back: number) => rig().fed.at(-1 - back)?.revision ?? 0;

  describe('a compaction', () => {
    it('ends history below its revision, and only there', async () => {
      const { engine } = rig();
      const revisions: number[] = [];
      for (let i = 0; i < 6; i++) revisions.push((await rig().put('/a', String(i))).revision);
      const [, , before = 0, at = 0, , last = 0] = revisions;
      await engine.maintenance.compact(at);
      expect(engine.reads.compactedRevision).toBe(at);
      const error = await failureOf(() => engine.reads.history(before));
      expect(error.code).toBe('compacted');
      expect(error.details).toEqual({ compactedRevision: at });
      expect(await codeOf(() => engine.reads.scan({ subtree: '/', at: before }))).toBe('compacted');
      expect(rig().values('/', at)).toEqual(['/a=3']);
      expect([...engine.reads.history(at)]).toEqual(rig().fed.slice(4));
      expect([...engine.reads.history(last)]).toEqual([]);
      expect(await codeOf(() => engine.reads.history(rig().future))).toBe('future_revision');
      expect(await codeOf(() => engine.maintenance.compact(rig().future))).toBe('future_revision');
    });

    it('keeps the current entries', async () => {
      await rig().put('/a', '1');
      await rig().put('/b', '1');
      await rig().put('/a', '2');
      const { engine } = rig();
      const entries = [...engine.reads.scan({ subtree: '/', at: engine.reads.revision })];
      await engine.maintenance.compact(engine.reads.revision);
      expect([...engine.reads.scan({ subtree: '/', at: engine.reads.revision })]).toEqual(entries);
      expect(engine.reads.get('/a')?.value).toBe('2');
      expect(engine.reads.entryCount).toBe(2);
      expect([...engine.reads.history(engine.reads.revision)]).toEqual([]);
    });

    it('keeps `prev` of the history that stays', async () => {
      await rig().put('/a', '1');
      await rig().put('/a', '2');
      await rig().put('/a', '3');
      const { engine } = rig();
      await engine.maintenance.compact(revisionBefore(1));
      expect([...engine.reads.history(engine.reads.compactedRevision)]).toEqual(rig().fed.slice(2));
    });

    it('leaves reads right where it ends exactly at a delete', async () => {
      await rig().put('/a', '1');
      await rig().put('/a/b', '1');
      const { revision } = await rig().deleteSubtree('/a');
      await rig().put('/a', '2');
      await rig().engine.maintenance.compact(revision);
      expect(rig().values('/', revision)).toEqual([]);
      expect(rig().values()).toEqual(['/a=2']);
      expect(rig().engine.reads.get('/a/b')).toBeUndefined();
      expect([...rig().engine.reads.history(revision)]).toEqual(rig().fed.slice(3));
    });

    it('leaves reads right where it ends exactly before a delete', async () => {
      const { revision } = await rig().put('/a', '1');
      await rig().delete('/a');
      await rig().engine.maintenance.compact(revision);
      expect(rig().values('/', revision)).toEqual(['/a=1']);
      expect(rig().values()).toEqual([]);
    });

    it('has nothing to do below what was compacted', async () => {
      const { revision } = await rig().put('/a', '1');
      await rig().put('/a', '2');
      await rig().engine.maintenance.compact(revision);
      await rig().engine.maintenance.compact(0);
      expect(rig().engine.reads.compactedRevision).toBe(revision);
    });

    it('S4 knows the request of a young commit that is gone from history', async () => {
      const { revision } = await rig().put('/a', '1', { requestId: 'young' });
      await rig().put('/a', '2');
      await rig().engine.maintenance.compact(rig().engine.reads.revision);
      const again = await rig().put('/a', '1', { requestId: 'young' });
      expect(again.revision).toBe(revision);
      expect(rig().engine.reads.get('/a')?.value).toBe('2');
      rig().clock.time += 2 * IDEMPOTENCY_WINDOW_MS + 1;
      await rig().engine.maintenance.compact(rig().engine.reads.revision);
      await rig().put('/a', '1', { requestId: 'young' });
      expect(rig().engine.reads.get('/a')?.value).toBe('1');
    });

    it('forgets old request ids with their commits', async () => {
      await rig().put('/a', '1', { requestId: 'old' });
      await rig().put('/a', '2', { requestId: 'new' });
      rig().clock.time += 2 * IDEMPOTENCY_WINDOW_MS + 1;
      await rig().engine.maintenance.compact(revisionBefore(1));
      await rig().put('/a', '2', { requestId: 'new' });
      expect(rig().engine.reads.get('/a')?.version).toBe(2);
      await rig().put('/a', '1', { requestId: 'old' });
      expect(rig().engine.reads.get('/a')).toMatchObject({ value: '1', version: 3 });
    });

    it('makes history smaller', async () => {
      const { engine } = rig();
      for (let i = 0; i < 100; i++) await rig().put('/a', String(i).repeat(5_000));
      const before = engine.maintenance.historyBytes;
      expect(before).toBeGreaterThan(500_000);
      await engine.maintenance.compact(revisionBefore(10));
      expect(engine.maintenance.historyBytes).toBeLessThan(before / 4);
      await engine.maintenance.compact(engine.reads.revision);
      expect(engine.maintenance.historyBytes).toBeLessThan(before / 50);
    });

    it('leaves the times of the commits that stay', async () => {
      const { engine, clock } = rig();
      for (let i = 0; i < 6; i++) {
        clock.time += 1_000;
        await rig().put('/a', String(i));
      }
      for (const { revision, time } of rig().fed)
        expect(engine.maintenance.timeAfter(Math.max(rig().start, revision - 1))).toBe(time);
      expect(engine.maintenance.timeAfter(engine.reads.revision)).toBeUndefined();
      await engine.maintenance.compact(revisionBefore(2));
      expect(engine.maintenance.timeAfter(engine.reads.compactedRevision)).toBe(
        rig().fed.at(-2)?.time,
      );
      expect(await codeOf(() => engine.maintenance.timeAfter(revisionBefore(3)))).toBe('compacted');
    });

    it('goes on in steps while writers write', async () => {
      const { engine } = rig();
      for (let i = 0; i < 25; i++)
        await Promise.all(
          Array.from({ length: 100 }, (_, j) => rig().put(`/k${j % 20}`, `${i}.${j}`)),
        );
      const upTo = engine.reads.revision;
      let finished = false;
      const compaction = engine.maintenance.compact(upTo).finally(() => {
        finished = true;
      });
      let written = 0;
      while (!finished) {
        await rig().put('/live', String(written++));
        await new Promise(setImmediate);
        expect(rig().values('/', upTo)).toHaveLength(20);
      }
      await compaction;
      expect([...engine.reads.history(upTo)]).toHaveLength(written);
      expect(engine.reads.get('/live')?.value).toBe(String(written - 1));
    });

    it('can be asked for while another one runs', async () => {
      for (let i = 0; i < 20; i++) await rig().put(`/a${i % 3}`, String(i));
      const { engine } = rig();
      await Promise.all([
        engine.maintenance.compact(revisionBefore(9)),
        engine.maintenance.compact(revisionBefore(5)),
      ]);
      expect(engine.reads.compactedRevision).toBe(revisionBefore(5));
      expect([...engine.reads.history(engine.reads.compactedRevision)]).toEqual(
        rig().fed.slice(-5),
      );
    });
  });
}
