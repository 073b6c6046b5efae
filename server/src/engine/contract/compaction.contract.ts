import { ProtocolError } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { IDEMPOTENCY_WINDOW_MS } from '../idempotency.ts';
import { failureOf, type Scene } from './scene.contract.ts';

export function describeCompaction(scene: () => Scene): void {
  const codeOf = async (run: () => unknown) => (await failureOf(run)).code;

  /** The revision of the commit that came out of the feed `back` commits before the last. */
  const revisionBefore = (back: number) => scene().fed.at(-1 - back)?.revision ?? 0;

  describe('a compaction', () => {
    it('ends history below its revision, and only there', async () => {
      const { engine } = scene();
      const revisions: number[] = [];
      for (let i = 0; i < 6; i++) revisions.push((await scene().put('/a', String(i))).revision);
      const [, , before = 0, at = 0, , last = 0] = revisions;
      await engine.maintenance.compact(at);
      expect(engine.reads.compactedRevision).toBe(at);
      const error = await failureOf(() => engine.reads.history(before));
      expect(error.code).toBe('compacted');
      expect(error.details).toEqual({ compactedRevision: at });
      expect(await codeOf(() => engine.reads.scan({ subtree: '/', at: before }))).toBe('compacted');
      expect(scene().values('/', at)).toEqual(['/a=3']);
      expect(scene().history(at)).toEqual(scene().fed.slice(4));
      expect(scene().history(last)).toEqual([]);
      expect(await codeOf(() => engine.reads.history(scene().future))).toBe('future_revision');
      expect(await codeOf(() => engine.maintenance.compact(scene().future))).toBe(
        'future_revision',
      );
    });

    it('keeps the current entries', async () => {
      await scene().put('/a', '1');
      await scene().put('/b', '1');
      await scene().put('/a', '2');
      const { engine } = scene();
      const entries = [...engine.reads.scan({ subtree: '/', at: engine.reads.revision })];
      await engine.maintenance.compact(engine.reads.revision);
      expect([...engine.reads.scan({ subtree: '/', at: engine.reads.revision })]).toEqual(entries);
      expect(engine.reads.get('/a')?.value).toBe('2');
      expect(engine.reads.entryCount).toBe(2);
      expect(scene().history(engine.reads.revision)).toEqual([]);
    });

    it('keeps `prev` of the history that stays', async () => {
      await scene().put('/a', '1');
      await scene().put('/a', '2');
      await scene().put('/a', '3');
      const { engine } = scene();
      await engine.maintenance.compact(revisionBefore(1));
      expect(scene().history(engine.reads.compactedRevision)).toEqual(scene().fed.slice(2));
    });

    it('W3 leaves what a change replaced to be read late, or to be known as compacted', async () => {
      const { engine, unread } = scene();
      const long = (i: number) => String(i).padEnd(5_000, '.');
      for (let i = 0; i < 8; i++) await scene().put('/a', long(i));
      const befores = unread.map(({ changes }) => changes[0]?.before);
      const values = befores.map((before) => before?.entry().value);
      expect(values).toEqual([undefined, ...Array.from({ length: 7 }, (_, i) => long(i))]);
      await engine.maintenance.compact(revisionBefore(3));
      const after = befores.map((before) => {
        try {
          return before?.entry().value;
        } catch (error) {
          return error instanceof ProtocolError && error.code;
        }
      });
      expect(after.slice(-3)).toEqual(values.slice(-3));
      for (const [i, value] of after.entries())
        if (value !== 'compacted') expect(value).toBe(values[i]);
    });

    it('leaves reads right where it ends exactly at a delete', async () => {
      await scene().put('/a', '1');
      await scene().put('/a/b', '1');
      const { revision } = await scene().deleteSubtree('/a');
      await scene().put('/a', '2');
      await scene().engine.maintenance.compact(revision);
      expect(scene().values('/', revision)).toEqual([]);
      expect(scene().values()).toEqual(['/a=2']);
      expect(scene().engine.reads.get('/a/b')).toBeUndefined();
      expect(scene().history(revision)).toEqual(scene().fed.slice(3));
    });

    it('leaves reads right where it ends exactly before a delete', async () => {
      const { revision } = await scene().put('/a', '1');
      await scene().delete('/a');
      await scene().engine.maintenance.compact(revision);
      expect(scene().values('/', revision)).toEqual(['/a=1']);
      expect(scene().values()).toEqual([]);
    });

    it('has nothing to do below what was compacted', async () => {
      const { revision } = await scene().put('/a', '1');
      await scene().put('/a', '2');
      await scene().engine.maintenance.compact(revision);
      await scene().engine.maintenance.compact(0);
      expect(scene().engine.reads.compactedRevision).toBe(revision);
    });

    it('S4 knows the request of a young commit that is gone from history', async () => {
      const { revision } = await scene().put('/a', '1', { requestId: 'young' });
      await scene().put('/a', '2');
      await scene().engine.maintenance.compact(scene().engine.reads.revision);
      const again = await scene().put('/a', '1', { requestId: 'young' });
      expect(again.revision).toBe(revision);
      expect(scene().engine.reads.get('/a')?.value).toBe('2');
      scene().clock.time += 2 * IDEMPOTENCY_WINDOW_MS + 1;
      await scene().engine.maintenance.compact(scene().engine.reads.revision);
      await scene().put('/a', '1', { requestId: 'young' });
      expect(scene().engine.reads.get('/a')?.value).toBe('1');
    });

    it('forgets old request ids with their commits', async () => {
      await scene().put('/a', '1', { requestId: 'old' });
      await scene().put('/a', '2', { requestId: 'new' });
      scene().clock.time += 2 * IDEMPOTENCY_WINDOW_MS + 1;
      await scene().engine.maintenance.compact(revisionBefore(1));
      await scene().put('/a', '2', { requestId: 'new' });
      expect(scene().engine.reads.get('/a')?.version).toBe(2);
      await scene().put('/a', '1', { requestId: 'old' });
      expect(scene().engine.reads.get('/a')).toMatchObject({ value: '1', version: 3 });
    });

    it('makes history smaller', async () => {
      const { engine } = scene();
      for (let i = 0; i < 100; i++) await scene().put('/a', String(i).repeat(5_000));
      const before = engine.maintenance.historyBytes;
      expect(before).toBeGreaterThan(500_000);
      await engine.maintenance.compact(revisionBefore(10));
      expect(engine.maintenance.historyBytes).toBeLessThan(before / 4);
      await engine.maintenance.compact(engine.reads.revision);
      expect(engine.maintenance.historyBytes).toBeLessThan(before / 50);
    });

    it('leaves the times of the commits that stay', async () => {
      const { engine, clock } = scene();
      for (let i = 0; i < 6; i++) {
        clock.time += 1_000;
        await scene().put('/a', String(i));
      }
      for (const { revision, time } of scene().fed)
        expect(engine.maintenance.timeAfter(Math.max(scene().start, revision - 1))).toBe(time);
      expect(engine.maintenance.timeAfter(engine.reads.revision)).toBeUndefined();
      await engine.maintenance.compact(revisionBefore(2));
      expect(engine.maintenance.timeAfter(engine.reads.compactedRevision)).toBe(
        scene().fed.at(-2)?.time,
      );
      expect(await codeOf(() => engine.maintenance.timeAfter(revisionBefore(3)))).toBe('compacted');
    });

    it('goes on in steps while writers write', async () => {
      const { engine } = scene();
      for (let i = 0; i < 25; i++)
        await Promise.all(
          Array.from({ length: 100 }, (_, j) => scene().put(`/k${j % 20}`, `${i}.${j}`)),
        );
      const upTo = engine.reads.revision;
      let finished = false;
      const compaction = engine.maintenance.compact(upTo).finally(() => {
        finished = true;
      });
      let written = 0;
      while (!finished) {
        await scene().put('/live', String(written++));
        await new Promise(setImmediate);
        expect(scene().values('/', upTo)).toHaveLength(20);
      }
      await compaction;
      expect(scene().history(upTo)).toHaveLength(written);
      expect(engine.reads.get('/live')?.value).toBe(String(written - 1));
    });

    it('can be asked for while another one runs', async () => {
      for (let i = 0; i < 20; i++) await scene().put(`/a${i % 3}`, String(i));
      const { engine } = scene();
      await Promise.all([
        engine.maintenance.compact(revisionBefore(9)),
        engine.maintenance.compact(revisionBefore(5)),
      ]);
      expect(engine.reads.compactedRevision).toBe(revisionBefore(5));
      expect(scene().history(engine.reads.compactedRevision)).toEqual(scene().fed.slice(-5));
    });
  });
}
