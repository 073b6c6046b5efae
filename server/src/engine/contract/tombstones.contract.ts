import { describe, expect, it } from 'vitest';
import { type EngineFixture, failureOf, Scene } from './scene.contract.ts';

export function describeTombstones(scene: () => Scene, fixture: EngineFixture): void {
  describe('the tombstones', () => {
    it('W3 are known beyond compaction, with their revision and cause', async () => {
      await scene().put('/a', '1');
      await scene().put('/b', '1');
      const { revision } = await scene().delete('/a');
      const { engine } = scene();
      for (const compacted of [0, revision - 1, revision]) {
        await engine.maintenance.compact(compacted);
        const known = [...scene().tombstones({ subtree: '/', at: revision })];
        expect(known, `compacted at ${compacted}`).toEqual([
          { path: '/a', revision, cause: 'removed' },
        ]);
      }
      await scene().put('/b', '2');
      await engine.maintenance.compact(engine.reads.revision);
      expect(scene().deleted()).toEqual([`/a@${revision}`]);
      expect(engine.reads.tombstoneFloor).toBeLessThanOrEqual(scene().start);
    });

    it('W3 have a floor after a restart, which says how far back every delete is known', async () => {
      if (fixture.reopen === undefined) return;
      const { supports, reads, maintenance } = scene().engine;
      await scene().put('/a', '1');
      const { revision } = await scene().delete('/a');
      await maintenance.compact(reads.revision);
      const again = await reopened(scene());
      const { tombstoneFloor, compactedRevision } = again.engine.reads;
      if (supports.remembersDeletes) expect(again.deleted()).toEqual([`/a@${revision}`]);
      expect(tombstoneFloor).toBe(supports.remembersDeletes ? 0 : compactedRevision);
      await again.engine.close();
    });

    it('end with the next life of their path, at its revision', async () => {
      await scene().put('/a', '1');
      const gone = (await scene().delete('/a')).revision;
      await scene().engine.maintenance.compact(gone);
      const back = (await scene().put('/a', '2')).revision;
      const goneAgain = (await scene().delete('/a')).revision;
      expect(scene().deleted('/', gone)).toEqual([`/a@${gone}`]);
      expect(scene().deleted('/', back)).toEqual([]);
      expect(scene().deleted('/', goneAgain)).toEqual([`/a@${goneAgain}`]);
      await scene().engine.maintenance.compact(back);
      expect(scene().deleted('/', goneAgain)).toEqual([`/a@${goneAgain}`]);
      await scene().put('/a', '3');
      await scene().engine.maintenance.compact(scene().engine.reads.revision);
      expect([...scene().tombstones({ subtree: '/', at: scene().engine.reads.revision })]).toEqual(
        [],
      );
    });

    it('are in the order of the tree and of one subtree (S6), each path once', async () => {
      const paths = ['/a', '/a/b', '/a/\uffee', '/a/\u{1f600}', '/a-b', '/ab', '/b'];
      for (const path of [...paths].reverse()) await scene().put(path, '1');
      await scene().put('/a/b', '2');
      const { revision } = await scene().deleteSubtree('/');
      await scene().engine.maintenance.compact(revision);
      const known = (...query: Parameters<Scene['deleted']>) =>
        scene()
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
      const { engine } = scene();
      for (const path of ['/a', '/b', '/c']) await scene().put(path, '1');
      await scene().delete('/c');
      let last = 0;
      for (let i = 0; i < 60; i++) {
        last = (await scene().delete('/b')).revision;
        await scene().put('/b', '1');
      }
      const { revision } = await scene().delete('/a');
      const known = [...scene().tombstones({ subtree: '/', at: revision })];
      expect(known.map(({ path }) => path)).toEqual(['/a', '/c']);
      expect(scene().deleted('/b', last)).toEqual([`/b@${last}`]);
      await engine.maintenance.compact(engine.reads.revision);
      expect(
        scene()
          .deleted()
          .map((text) => text.split('@')[0]),
      ).toEqual(['/a', '/c']);
    });

    it('are refused for a revision outside of history', async () => {
      await scene().put('/a', '1');
      const { revision } = await scene().delete('/a');
      await scene().engine.maintenance.compact(revision);
      const codeAt = async (at: number) =>
        (await failureOf(() => scene().tombstones({ subtree: '/', at }))).code;
      expect(await codeAt(revision - 1)).toBe('compacted');
      expect(await codeAt(scene().future)).toBe('future_revision');
    });

    it('S2 are not shown before their commit is', async () => {
      for (let i = 0; i < 40; i++) await scene().put(`/k${i}`, '1');
      let writing = true;
      const writes = (async () => {
        for (let i = 0; i < 40; i++) await scene().delete(`/k${i}`);
        writing = false;
      })();
      while (writing) {
        await new Promise(setImmediate);
        const { revision } = scene().engine.reads;
        expect(scene().deleted().length + scene().values().length, `at ${revision}`).toBe(40);
      }
      await writes;
      expect(scene().deleted()).toHaveLength(40);
    });
  });

  describe('more tombstones than are kept', () => {
    it('let the oldest go, and raise the floor', async () => {
      const small = await Scene.open(fixture, { tombstonesMax: 3 });
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
      const small = await Scene.open(fixture, { tombstonesMax: 10 });
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

  async function reopened(before: Scene): Promise<Scene> {
    if (fixture.reopen === undefined) return before;
    await before.engine.close();
    return new Scene(await fixture.reopen(before.engine, before.clock), before.clock);
  }
}
