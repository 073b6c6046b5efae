import { describe, expect, it } from 'vitest';
import { RowBudget } from '../../row-budget.ts';
import type { CommitOutline, Version } from '../past.ts';
import { type EngineFixture, failureOf, Scene } from './scene.contract.ts';

export function describePast(scene: () => Scene, fixture: EngineFixture): void {
  const revision = () => scene().engine.reads.revision;
  const versions = (path: string, at = revision()) =>
    [...scene().engine.reads.versions({ path, at })].map(shortly);
  const outlines = (subtree: string, at = revision(), after?: string) =>
    [
      ...scene().engine.reads.outlines({ subtree, at, ...(after === undefined ? {} : { after }) }),
    ].flatMap(changesOf);

  describe('the versions of a path', () => {
    it('are its entries and its deletes, the newest first, and of no other path (S6)', async () => {
      const first = (await scene().put('/a', '1')).revision;
      await scene().put('/a/b', 'below');
      await scene().put('/a-b', 'beside');
      const second = (await scene().put('/a', '2')).revision;
      const gone = (await scene().deleteSubtree('/a')).revision;
      const again = (await scene().put('/a', '3')).revision;
      const all = [`${again}=3`, `${gone} removed`, `${second}=2`, `${first}=1`];
      expect(versions('/a')).toEqual(all);
      expect(versions('/a', gone)).toEqual(all.slice(1));
      expect(versions('/a', gone - 1)).toEqual(all.slice(2));
      expect(versions('/a', first)).toEqual(all.slice(3));
      expect(versions('/a', first - 1)).toEqual([]);
      expect(versions('/none')).toEqual([]);
    });

    it('are whole entries, as they were when they were new', async () => {
      const lease = await scene().grant();
      const long = 'long'.repeat(1_000);
      const put = { type: 'put', path: '/a', value: long, lease } as const;
      await scene().engine.writes.commit({
        ...{ operations: [put], conditions: [], actor: 'ben', requestId: 'past-1' },
      });
      const entry = scene().engine.reads.get('/a');
      scene().clock.time += 5_000;
      const { revision: second } = await scene().put('/a', 'short');
      const [now, before] = [...scene().engine.reads.versions({ path: '/a', at: second })];
      expect(before).toEqual({ revision: entry?.modRevision, entry });
      expect(entry).toMatchObject({ lease, value: long, updatedBy: 'ben', version: 1 });
      expect(now).toMatchObject({ entry: { value: 'short', version: 2 } });
    });

    it('S6 of what is named .confer are read as any other', async () => {
      const { revision: at } = await scene().put('/.confer/a', '1');
      expect(versions('/.confer/a')).toEqual([`${at}=1`]);
    });

    it('of a hot path are found at any revision, in a bounded number of steps', async () => {
      const made: number[] = [];
      for (let i = 0; i < 1_200; i++) made.push((await scene().put('/hot', `${i}`)).revision);
      for (const i of [0, 1, 255, 256, 257, 700, 1_199]) {
        const at = made[i] ?? 0;
        const budget = new RowBudget(400);
        const [newest, next] = scene().engine.reads.versions({ path: '/hot', at, budget });
        expect(newest).toMatchObject({ revision: at, entry: { value: `${i}` } });
        if (i > 0) expect(next).toMatchObject({ entry: { value: `${i - 1}` } });
        const [first] = scene().engine.reads.versions({ path: '/hot', at, budget });
        expect(first).toEqual(newest);
      }
      expect(versions('/hot')).toHaveLength(1_200);
    });

    it('begin with what there was where history begins', async () => {
      const first = (await scene().put('/a', '1')).revision;
      const second = (await scene().put('/a', '2')).revision;
      await scene().put('/b', '1');
      const third = (await scene().put('/a', '3')).revision;
      await scene().engine.maintenance.compact(second + 1);
      expect(versions('/a')).toEqual([`${third}=3`, `${second}=2`]);
      expect(await codeAt('versions', first)).toBe('compacted');
      expect(await codeAt('versions', scene().future)).toBe('future_revision');
    });
  });

  describe('the head of a commit', () => {
    it('is who made it, when and why, for as long as it is in history', async () => {
      scene().clock.time += 1_000;
      const { revision: at } = await scene().put('/a', '1', { actor: 'ben', note: 'why' });
      const { time } = scene().clock;
      expect(scene().engine.reads.headOf(at)).toEqual({
        ...{ revision: at, time, actor: 'ben', note: 'why' },
      });
      const { revision: next } = await scene().put('/b', '1');
      expect(scene().engine.reads.headOf(next)).not.toHaveProperty('note');
      expect(scene().engine.reads.headOf(scene().future)).toBeUndefined();
      await scene().engine.maintenance.compact(at);
      expect(scene().engine.reads.headOf(at)).toBeUndefined();
      expect(scene().engine.reads.headOf(next)).toMatchObject({ actor: 'ann' });
    });
  });

  describe('the outlines of commits', () => {
    it('are what each did below a subtree, the newest first (S6)', async () => {
      const first = await scene().commit([
        ...(['/a', '/a/\u{1f600}', '/a/\uffee', '/a/.confer/x', '/a-b', '/ab'] as const).map(
          (path) => ({ type: 'put', path, value: '1' }) as const,
        ),
      ]);
      await scene().put('/ab', '2');
      const second = await scene().put('/a', '2');
      const third = await scene().commit([
        { type: 'delete', path: '/a', recursive: true },
        { type: 'put', path: '/b', value: '1' },
      ]);
      const below = [
        ...[`${third.revision} - /a`, `${third.revision} - /a/\uffee`],
        ...[`${third.revision} - /a/\u{1f600}`, `${second.revision} ~ /a`],
        ...[`${first.revision} + /a`, `${first.revision} + /a/\uffee`],
        `${first.revision} + /a/\u{1f600}`,
      ];
      expect(outlines('/a')).toEqual(below);
      expect(outlines('/a', second.revision)).toEqual(below.slice(3));
      expect(outlines('/a', third.revision, '/a')).toEqual(below.slice(1));
      expect(outlines('/a', first.revision, '/a/\uffee')).toEqual(below.slice(6));
      expect(outlines('/a/.confer')).toEqual([`${first.revision} + /a/.confer/x`]);
      expect(outlines('/b')).toEqual([`${third.revision} + /b`]);
      expect(outlines('/none')).toEqual([]);
      expect(outlines('/')).toHaveLength(11);
    });

    it('of a large commit are read from where the subtree begins', async () => {
      const { revision: before } = await scene().put('/big/5/0', 'v');
      const paths = Array.from({ length: 3_000 }, (_, i) => `/big/${i % 9}/${i}`);
      const { revision: large } = await scene().commit(
        paths.map((path) => ({ type: 'put', path, value: 'v' }) as const),
      );
      const { revision: newest } = await scene().put('/other', 'v');
      const read = [...scene().engine.reads.outlines({ subtree: '/big/5', at: newest })];
      expect(read.map(({ revision: at }) => at).slice(0, 3)).toEqual([newest, large, before]);
      for (const { looked } of read) expect(looked).toBeLessThan(500);
      expect(read[1]?.head()).toMatchObject({ revision: large, actor: 'ann' });
      expect(outlines('/big/5')).toHaveLength(334);
      expect(outlines('/big/5', large, '/big/5/5')).toHaveLength(
        paths.filter((path) => path.startsWith('/big/5/') && path > '/big/5/5').length + 1,
      );
      expect(outlines('/big', large)).toHaveLength(3_001);
    });

    it('end where history begins, and none can be asked for beyond it', async () => {
      await scene().put('/a', '1');
      const { revision: second } = await scene().put('/a', '2');
      const { revision: third } = await scene().put('/a', '3');
      await scene().engine.maintenance.compact(second);
      expect(outlines('/a')).toEqual([`${third} ~ /a`]);
      expect(outlines('/a', second)).toEqual([]);
      expect(await codeAt('outlines', second - 1)).toBe('compacted');
      expect(await codeAt('outlines', scene().future)).toBe('future_revision');
    });

    it('can be left before their end', async () => {
      for (let i = 0; i < 40; i++) await scene().put(`/a/${i}`, 'v');
      for (let i = 0; i < 20; i++)
        for (const outline of scene().engine.reads.outlines({ subtree: '/a', at: revision() }))
          for (const change of outline.changes()) {
            expect(change.type).toBe('put');
            break;
          }
      expect(outlines('/a')).toHaveLength(40);
    });
  });

  it('S1 the past is what it was after a restart', async () => {
    const { reopen } = fixture;
    if (reopen === undefined) return;
    for (let i = 0; i < 5; i++) await scene().put('/a', `${i}`, { note: `n${i}` });
    await scene().delete('/a');
    const since = scene().engine.reads.revision;
    const before = [versions('/a'), outlines('/')];
    await scene().engine.close();
    const again = new Scene(await reopen(scene().engine, scene().clock), scene().clock);
    const { reads } = again.engine;
    if (reads.compactedRevision === scene().start)
      expect([
        [...reads.versions({ path: '/a', at: since })].map(shortly),
        [...reads.outlines({ subtree: '/', at: since })].flatMap(changesOf),
      ]).toEqual(before);
    await again.engine.close();
  });

  async function codeAt(what: 'versions' | 'outlines', at: number): Promise<string> {
    const { reads } = scene().engine;
    const read = () =>
      what === 'versions'
        ? reads.versions({ path: '/a', at })
        : reads.outlines({ subtree: '/a', at });
    return (await failureOf(read)).code;
  }
}

function shortly(version: Version): string {
  return 'entry' in version
    ? `${version.revision}=${version.entry.value}`
    : `${version.revision} ${version.cause}`;
}

function changesOf(outline: CommitOutline): string[] {
  return [...outline.changes()].map((change) => {
    const sign = change.type === 'delete' ? '-' : change.created ? '+' : '~';
    return `${outline.revision} ${sign} ${change.path}`;
  });
}
