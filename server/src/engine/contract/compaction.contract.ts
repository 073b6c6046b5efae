import { describe, expect, it } from 'vitest';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import { failureOf, type Rig } from './rig.contract.ts';

export function describeCompaction(rig: () => Rig): void {
  const codeOf = async (run: () => unknown) => (await failureOf(run)).code;

  /** The revision of the commit that came out of the feed `back` commits before the last. */
  const revisionBefore = (back: number) => rig().fed.at(-1 - back)?.revision ?? 0;

  describe('compaction', () => {
    it('closes the window below, and only there', async () => {
      const { engine } = rig();
      const revisions: number[] = [];
      for (let i = 0; i < 6; i++) revisions.push((await rig().put('/a', String(i))).revision);
      const [, , before = 0, at = 0, , last = 0] = revisions;
      await engine.compact(at);
      expect(engine.compactedRevision).toBe(at);
      const error = await failureOf(() => engine.history(before));
      expect(error.code).toBe('compacted');
      expect(error.details).toEqual({ compactedRevision: at });
      expect(await codeOf(() => engine.scan({ subtree: '/', at: before }))).toBe('compacted');
      expect(rig().values('/', at)).toEqual(['/a=3']);
      expect([...engine.history(at)]).toEqual(rig().fed.slice(4));
      expect([...engine.history(last)]).toEqual([]);
      expect(await codeOf(() => engine.history(last + 1))).toBe('future_revision');
      expect(await codeOf(() => engine.compact(last + 1))).toBe('future_revision');
    });

    it('keeps the current entries', async () => {
      await rig().put('/a', '1');
      await rig().put('/b', '1');
      await rig().put('/a', '2');
      const { engine } = rig();
      const entries = [...engine.scan({ subtree: '/', at: engine.revision })];
      await engine.compact(engine.revision);
      expect([...engine.scan({ subtree: '/', at: engine.revision })]).toEqual(entries);
      expect(engine.get('/a')?.value).toBe('2');
      expect(engine.entryCount).toBe(2);
      expect([...engine.history(engine.revision)]).toEqual([]);
    });

    it('keeps `prev` of the history that stays', async () => {
      await rig().put('/a', '1');
      await rig().put('/a', '2');
      await rig().put('/a', '3');
      const { engine } = rig();
      await engine.compact(revisionBefore(1));
      expect([...engine.history(engine.compactedRevision)]).toEqual(rig().fed.slice(2));
    });

    it('reads right when it ends exactly at a delete', async () => {
      await rig().put('/a', '1');
      await rig().put('/a/b', '1');
      const { revision } = await rig().deleteSubtree('/a');
      await rig().put('/a', '2');
      await rig().engine.compact(revision);
      expect(rig().values('/', revision)).toEqual([]);
      expect(rig().values()).toEqual(['/a=2']);
      expect(rig().engine.get('/a/b')).toBeUndefined();
      expect([...rig().engine.history(revision)]).toEqual(rig().fed.slice(3));
    });

    it('reads right when it ends exactly before a delete', async () => {
      const { revision } = await rig().put('/a', '1');
      await rig().delete('/a');
      await rig().engine.compact(revision);
      expect(rig().values('/', revision)).toEqual(['/a=1']);
      expect(rig().values()).toEqual([]);
    });

    it('has nothing to do below what was compacted', async () => {
      const { revision } = await rig().put('/a', '1');
      await rig().put('/a', '2');
      await rig().engine.compact(revision);
      await rig().engine.compact(0);
      expect(rig().engine.compactedRevision).toBe(revision);
    });

    it('S4 knows the request of a young commit that is gone from history', async () => {
      const { revision } = await rig().put('/a', '1', { requestId: 'young' });
      await rig().put('/a', '2');
      await rig().engine.compact(rig().engine.revision);
      const again = await rig().put('/a', '1', { requestId: 'young' });
      expect(again.revision).toBe(revision);
      expect(rig().engine.get('/a')?.value).toBe('2');
      rig().clock.time += REQUEST_KEPT_MS + 1;
      await rig().engine.compact(rig().engine.revision);
      await rig().put('/a', '1', { requestId: 'young' });
      expect(rig().engine.get('/a')?.value).toBe('1');
    });

    it('forgets old request ids with their commits', async () => {
      await rig().put('/a', '1', { requestId: 'old' });
      await rig().put('/a', '2', { requestId: 'new' });
      rig().clock.time += REQUEST_KEPT_MS + 1;
      await rig().engine.compact(revisionBefore(1));
      await rig().put('/a', '2', { requestId: 'new' });
      expect(rig().engine.get('/a')?.version).toBe(2);
      await rig().put('/a', '1', { requestId: 'old' });
      expect(rig().engine.get('/a')).toMatchObject({ value: '1', version: 3 });
    });

    it('makes history smaller', async () => {
      const { engine } = rig();
      for (let i = 0; i < 100; i++) await rig().put('/a', String(i).repeat(5_000));
      const before = engine.historyBytes;
      expect(before).toBeGreaterThan(500_000);
      await engine.compact(revisionBefore(10));
      expect(engine.historyBytes).toBeLessThan(before / 4);
      await engine.compact(engine.revision);
      expect(engine.historyBytes).toBeLessThan(before / 50);
    });

    it('leaves the times of what stays', async () => {
      const { engine, clock } = rig();
      for (let i = 0; i < 6; i++) {
        clock.time += 1_000;
        await rig().put('/a', String(i));
      }
      for (const { revision, time } of rig().fed) expect(engine.timeAfter(revision - 1)).toBe(time);
      expect(engine.timeAfter(engine.revision)).toBeUndefined();
      await engine.compact(revisionBefore(2));
      expect(engine.timeAfter(engine.compactedRevision)).toBe(rig().fed.at(-2)?.time);
      expect(await codeOf(() => engine.timeAfter(revisionBefore(3)))).toBe('compacted');
    });

    it('goes on in steps while writers write', async () => {
      const { engine } = rig();
      for (let i = 0; i < 25; i++)
        await Promise.all(
          Array.from({ length: 100 }, (_, j) => rig().put(`/k${j % 20}`, `${i}.${j}`)),
        );
      const upTo = engine.revision;
      let finished = false;
      const compaction = engine.compact(upTo).finally(() => {
        finished = true;
      });
      let written = 0;
      while (!finished) {
        await rig().put('/live', String(written++));
        await new Promise(setImmediate);
        expect(rig().values('/', upTo)).toHaveLength(20);
      }
      await compaction;
      expect([...engine.history(upTo)]).toHaveLength(written);
      expect(engine.get('/live')?.value).toBe(String(written - 1));
    });

    it('can run twice at once', async () => {
      for (let i = 0; i < 20; i++) await rig().put(`/a${i % 3}`, String(i));
      const { engine } = rig();
      await Promise.all([engine.compact(revisionBefore(9)), engine.compact(revisionBefore(5))]);
      expect(engine.compactedRevision).toBe(revisionBefore(5));
      expect([...engine.history(engine.compactedRevision)]).toEqual(rig().fed.slice(-5));
    });
  });
}
