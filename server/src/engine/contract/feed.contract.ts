import { describe, expect, it } from 'vitest';
import type { Scene } from './scene.contract.ts';

export function describeFeed(scene: () => Scene): void {
  describe('the feed', () => {
    it('says who, when and why, with what was before', async () => {
      const { engine, clock } = scene();
      await scene().commit([
        { type: 'put', path: '/b', value: '1' },
        { type: 'put', path: '/a', value: '1' },
      ]);
      const a = engine.reads.get('/a');
      const b = engine.reads.get('/b');
      const replaced = engine.reads.revision;
      clock.time += 1_000;
      const { revision } = await scene().commit(
        [
          { type: 'put', path: '/c', value: '2' },
          { type: 'delete', path: '/b' },
          { type: 'put', path: '/a', value: '2' },
        ],
        { actor: 'bob', note: 'a move' },
      );
      expect(scene().fed.at(-1)).toEqual({
        revision,
        time: clock.time,
        actor: 'bob',
        note: 'a move',
        changes: [
          { type: 'put', path: '/a', entry: engine.reads.get('/a'), prev: a, replaced },
          { type: 'delete', path: '/b', cause: 'removed', prev: b, replaced },
          { type: 'put', path: '/c', entry: engine.reads.get('/c'), replaced: 0 },
        ],
      });
      expect(scene().fed[0]).not.toHaveProperty('note');
    });

    it('S5 has revisions that rise, and without a gap where the engine says so', async () => {
      for (const path of ['/a', '/b', '/c']) await scene().put(path, '1');
      const steps = scene().fed.map(
        ({ revision }, i) => revision - (scene().fed[i - 1]?.revision ?? 0),
      );
      expect(Math.min(...steps)).toBeGreaterThan(0);
      if (scene().engine.supports.gapless) expect(steps).toEqual([1, 1, 1]);
    });

    it('has changes in the order of the tree', async () => {
      const order = ['/a', '/a/b', '/a-b', '/a.b', '/ab', '/\uffee', '/\u{1f600}'];
      const puts = [...order].reverse().map((path) => ({ type: 'put', path, value: '' }) as const);
      await scene().commit(puts);
      expect(scene().fed[0]?.changes.map(({ path }) => path)).toEqual(order);
    });

    it('comes in revision order and before the acknowledgement', async () => {
      const late: number[] = [];
      await Promise.all(
        Array.from({ length: 300 }, async (_, i) => {
          if (i % 7 === 0) await new Promise(setImmediate);
          const { revision } = await scene().put(`/p${i % 10}`, String(i));
          if (!scene().fed.some((commit) => commit.revision === revision)) late.push(revision);
          if (scene().engine.reads.revision < revision) late.push(revision);
        }),
      );
      expect(late).toEqual([]);
      const revisions = scene().fed.map(({ revision }) => revision);
      expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
      expect(new Set(revisions).size).toBe(300);
    });

    it('sees the engine at its newest commit', async () => {
      const { engine, batches } = scene();
      const seen: [number, string | undefined][] = [];
      const { push } = batches;
      batches.push = (...batch) => {
        seen.push([engine.reads.revision, engine.reads.get('/a')?.value]);
        return push.apply(batches, batch);
      };
      await Promise.all([scene().put('/a', '1'), scene().put('/a', '2')]);
      const newest = batches.map((batch) => batch.at(-1));
      expect(seen.map(([revision]) => revision)).toEqual(newest.map((c) => c?.revision));
      expect(seen.at(-1)?.[1]).toBe('2');
    });

    it('says the same as the history', async () => {
      for (let i = 0; i < 10; i++) await scene().put(`/a${i % 3}`, String(i), { note: `n${i}` });
      await scene().deleteSubtree('/');
      const fed = scene().fed;
      expect(scene().history(scene().start)).toEqual(fed);
      for (const [i, { revision }] of fed.entries())
        expect(scene().history(revision)).toEqual(fed.slice(i + 1));
    });
  });
}
