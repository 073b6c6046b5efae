import { describe, expect, it } from 'vitest';
import { type EngineFixture, failureOf, Rig } from './rig.contract.ts';

export function describeDeletions(rig: () => Rig, fixture: EngineFixture): void {
  describe('the tombstones', () => {
    it('W3 are known beyond compaction, with their revision and cause', async () => {
      await rig().put('/a', '1');
      await rig().put('/b', '1');
      const { revision } = await rig().delete('/a');
      const { engine } = rig();
      for (const compacted of [0, revision - 1, revision]) {
        await engine.maintenance.compact(compacted);
        const known = [...rig().deletions({ subtree: '/', at: revision })];
        expect(known, `compacted at ${compacted}`).toEqual([
          { path: '/a', revision, cause: 'removed' },
        ]);
      }
      await rig().put('/b', '2');
      await engine.maintenance.compact(engine.reads.revision);
      expect(rig().deleted()).toEqual([`/a@${revision}`]);
      expect(engine.reads.tombstoneFloor).toBeLessThanOrEqual(rig().start);
    });

    it('W3 have a floor after a restart, which says how far back every delete is known', async () => {
      if (fixture.reopen === undefined) return;
      const { supports, reads, maintenance } = rig().engine;
      await rig().put('/a', '1');
      const { revision } = await rig().delete('/a');
      await maintenance.compact(reads.revision);
      const again = await reopened(rig());
      const { tombstoneFloor, compactedRevision } = again.engine.reads;
      if (supports.remembersDeletes) expect(again.deleted()).toEqual([`/a@${revision}`]);
      expect(tombstoneFloor).toBe(supports.remembersDeletes ? 0 : compactedRevision);
      await again.engine.close();
    });

    it('end with the next life of their path, at its revision', async () => {
      await rig().put('/a', '1');
      const gone = (await rig().delete('/a')).revision;
      await rig().engine.maintenance.compact(gone);
      const back = (await rig().put('/a', '2')).revision;
      const goneAgain = (await rig().delete('/a')).revision;
      expect(rig().deleted('/', gone)).toEqual([`/a@${gone}`]);
      expect(rig().deleted('/', back)).toEqual([]);
      expect(rig().deleted('/', goneAgain)).toEqual([`/a@${goneAgain}`]);
      await rig().engine.maintenance.compact(back);
      expect(rig().deleted('/', goneAgain)).toEqual([`/a@${goneAgain}`]);
      await rig().put('/a', '3');
      await rig().engine.maintenance.compact(rig().engine.reads.revision);
      expect([...rig().deletions({ subtree: '/', at: rig().engine.reads.revision })]).toEqual([]);
    });

    it('are in the order of the tree and of one subtree (S6), each path once', async () => {
      const paths = ['/a', '/a/b', '/a/\uffee', '/a/\u{1f600}', '/a-b', '/ab', '/b'];
      for (const path of [...paths].reverse()) await rig().put(path, '1');
      await rig().put('/a/b', '2');
      const { revision } = await rig().deleteSubtree('/');
      await rig().engine.maintenance.compact(revision);
      const known = (...query: Parameters<Rig['deleted']>) =>
        rig()
          .deleted(...query)
          .map((text) => text.split('@')[0]);
      expect(known()).toEqual(paths);
      expect(known('/a')).toEqual(paths.slice(0, 4));
      for (const [i, path] of paths.entries())
        expect(known('/', revision, path)).toEqual(paths.slice(i + 1));
      expect(known('/a', revision, '/a/\uffee')).toEqual(paths.slice(3, 4));
      expect(known('/b', revision, '/a')).toEqual(['/b']);
      expect(known('/none')).toEqual([]);
    });

    it('of a path that comes and goes for ever are one, which costs no other path its own', async () => {
      const { engine } = rig();
      for (const path of ['/a', '/b', '/c']) await rig().put(path, '1');
      await rig().delete('/c');
      let last = 0;
      for (let i = 0; i < 60; i++) {
        last = (await rig().delete('/b')).revision;
        await rig().put('/b', '1');
      }
      const { revision } = await rig().delete('/a');
      const known = [...rig().deletions({ subtree: '/', at: revision })];
      expect(known.map(({ path }) => path)).toEqual(['/a', '/c']);
      expect(rig().deleted('/b', last)).toEqual([`/b@${last}`]);
      await engine.maintenance.compact(engine.reads.revision);
      expect(
        rig()
          .deleted()
          .map((text) => text.split('@')[0]),
      ).toEqual(['/a', '/c']);
    });

    it('are refused for a revision outside of history', async () => {
      await rig().put('/a', '1');
      const { revision } = await rig().delete('/a');
      await rig().engine.maintenance.compact(revision);
      const codeAt = async (at: number) =>
        (await failureOf(() => rig().deletions({ subtree: '/', at }))).code;
      expect(await codeAt(revision - 1)).toBe('compacted');
      expect(await codeAt(rig().future)).toBe('future_revision');
    });

    it('S2 are not shown before their commit is', async () => {
      for (let i = 0; i < 40; i++) await rig().put(`/k${i}`, '1');
      let writing = true;
      const writes = (async () => {
        for (let i = 0; i < 40; i++) await rig().delete(`/k${i}`);
        writing = false;
      })();
      while (writing) {
        await new Promise(setImmediate);
        const { revision } = rig().engine.reads;
        expect(rig().deleted().length + rig().values().length, `at ${revision}`).toBe(40);
      }
      await writes;
      expect(rig().deleted()).toHaveLength(40);
    });
  });

  describe('more tombstones than are kept', () => {
    it('let the oldest go, and raise the floor', async () => {
      const small = await Rig.open(fixture, { tombstonesMax: 3 });
      const { engine } = small;
      const revisions: number[] = [];
      for (const path of ['/a', '/b', '/c', '/d', '/e']) {
        await small.put(path, '1');
        revisions.push((await small.delete(path)).revision);
        await engine.maintenance.compact(engine.reads.revision);
      }
      await expect.poll(() => engine.reads.tombstoneFloor).toBe(revisions[1]);
      const newest = ['/c', '/d', '/e'].map((path, i) => `${path}@${revisions[i + 2]}`);
      await expect.poll(() => small.deleted()).toEqual(newest);
      if (!engine.supports.remembersDeletes) return small.engine.close();
      const again = await reopened(small);
      expect(again.engine.reads.tombstoneFloor).toBe(revisions[1]);
      expect(again.deleted()).toEqual(newest);
      await again.engine.close();
    });

    it('of one commit are dropped in steps', async () => {
      const small = await Rig.open(fixture, { tombstonesMax: 10 });
      const put = (path: string) => ({ type: 'put', path, value: '' }) as const;
      await small.commit(Array.from({ length: 1_000 }, (_, i) => put(`/a/${i}`)));
      await small.put('/b', '1');
      const { revision } = await small.deleteSubtree('/a');
      const last = (await small.delete('/b')).revision;
      expect(small.deleted()).toHaveLength(1_001);
      await small.engine.maintenance.compact(last);
      await expect.poll(() => small.deleted().length).toBe(10);
      expect(small.engine.reads.tombstoneFloor).toBe(revision);
      expect(small.deleted()).toContain(`/b@${last}`);
      await small.engine.close();
    });
  });

  async function reopened(before: Rig): Promise<Rig> {
    if (fixture.reopen === undefined) return before;
    await before.engine.close();
    return new Rig(await fixture.reopen(before.engine, before.clock), before.clock);
  }
}
