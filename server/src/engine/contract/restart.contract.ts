import { expect, it } from 'vitest';
import { type EngineFixture, failureOf, Scene } from './scene.contract.ts';

export function describeRestart(scene: () => Scene, fixture: EngineFixture): void {
  const { reopen } = fixture;
  it('has a way to be opened again if it says that it is durable', () => {
    if (scene().engine.supports.durable) expect(reopen).toBeDefined();
  });
  if (reopen === undefined) return;

  const restarted = async (run: (again: Scene) => Promise<void> | void) => {
    await scene().engine.close();
    const clock = scene().clock;
    const again = new Scene(await reopen(scene().engine, clock), clock);
    try {
      await run(again);
    } finally {
      await again.engine.close();
    }
  };

  it('S1 what was acknowledged is there after a restart', async () => {
    const { engine } = scene();
    await scene().put('/a', '1', { note: 'first' });
    await scene().put('/a', '2');
    await scene().put('/b/ü', '3');
    await scene().delete('/a');
    await scene().put('/c/1', '4');
    await scene().deleteSubtree('/c');
    const { epoch } = engine;
    const { revision } = engine.reads;
    const entries = [...engine.reads.scan({ subtree: '/', at: revision })];
    await restarted((started) => {
      const again = started.engine;
      expect(again.epoch).toBe(epoch);
      expect(again.reads.revision).toBeGreaterThanOrEqual(revision);
      expect(again.reads.entryCount).toBe(1);
      expect([...again.reads.scan({ subtree: '/', at: revision })]).toEqual(entries);
      expect(started.history(scene().start)).toEqual(scene().fed);
    });
  });

  it('S1 close finishes what was accepted', async () => {
    const accepted = Array.from({ length: 50 }, (_, i) => scene().put(`/p${i}`, 'v'));
    await restarted(async ({ engine: again }) => {
      const outcomes = await Promise.all(accepted);
      expect(again.reads.entryCount).toBe(50);
      expect(again.reads.revision).toBeGreaterThanOrEqual(outcomes.at(-1)?.revision ?? 0);
    });
  });

  it('S4 a request id is known after a restart', async () => {
    const first = await scene().put('/a', '1', { requestId: 'once' });
    await restarted(async (again) => {
      expect(await again.put('/a', '1', { requestId: 'once' })).toEqual(first);
      const other = await failureOf(() => again.put('/a', '2', { requestId: 'once' }));
      expect(other).toMatchObject({ code: 'invalid_message' });
      expect(again.fed).toEqual([]);
    });
  });

  it('S5 revisions go on after a restart, and lives too', async () => {
    const { revision } = await scene().put('/a', '1');
    await restarted(async (again) => {
      expect((await again.put('/a', '2')).revision).toBeGreaterThan(revision);
      expect(again.engine.reads.get('/a')).toMatchObject({ createRevision: revision, version: 2 });
    });
  });

  it('what was compacted stays so after a restart', async () => {
    for (let i = 0; i < 10; i++) await scene().put(`/a${i % 2}`, String(i));
    const compacted = scene().fed.at(-4)?.revision ?? 0;
    await scene().engine.maintenance.compact(compacted);
    await restarted((again) => {
      const { engine } = again;
      expect(engine.reads.compactedRevision).toBe(compacted);
      expect(() => engine.reads.history(engine.reads.compactedRevision - 1)).toThrow();
      expect(again.history(engine.reads.compactedRevision)).toEqual(scene().fed.slice(-3));
      expect(again.values()).toEqual(['/a0=8', '/a1=9']);
    });
  });
}
