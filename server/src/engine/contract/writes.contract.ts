import { describe, expect, it } from 'vitest';
import { failureOf, type Scene } from './scene.contract.ts';

export function describeWrites(scene: () => Scene): void {
  describe('a write', () => {
    it('names what a put made and what it wrote over', async () => {
      const { engine, clock } = scene();
      const first = await scene().put('/a', 'one');
      clock.time += 5;
      const second = await scene().put('/a', 'two', { actor: 'bob', note: 'because' });
      expect(second).toEqual({ revision: engine.reads.revision, puts: 1, deletes: 0 });
      expect(engine.reads.get('/a')).toEqual({
        path: '/a',
        value: 'two',
        createRevision: first.revision,
        modRevision: second.revision,
        version: 2,
        updatedAt: clock.time,
        updatedBy: 'bob',
      });
    });

    it('makes a revision also of the value that is there already', async () => {
      const first = await scene().put('/a', 'one');
      const second = await scene().put('/a', 'one');
      expect(second.revision).toBeGreaterThan(first.revision);
      expect(scene().engine.reads.get('/a')).toMatchObject({
        version: 2,
        modRevision: second.revision,
      });
    });

    it('begins a new life after a delete', async () => {
      await scene().put('/a', 'one');
      await scene().delete('/a');
      expect(scene().engine.reads.get('/a')).toBeUndefined();
      const { revision } = await scene().put('/a', 'two');
      expect(scene().engine.reads.get('/a')).toMatchObject({
        createRevision: revision,
        version: 1,
      });
    });

    it('makes no revision when there is nothing to change', async () => {
      const { revision } = await scene().put('/a', 'one');
      for (const made of [await scene().delete('/b'), await scene().deleteSubtree('/b')]) {
        expect(made).toMatchObject({ puts: 0, deletes: 0 });
        expect(made.revision).toBeGreaterThanOrEqual(revision);
      }
      if (scene().engine.supports.gapless) expect(scene().engine.reads.revision).toBe(revision);
      expect(scene().fed).toHaveLength(1);
    });

    it('applies operations in order and keeps their net changes', async () => {
      await scene().put('/a', 'old');
      await scene().put('/t/x', 'old');
      const outcome = await scene().commit([
        { type: 'put', path: '/n', value: 'gone again' },
        { type: 'delete', path: '/n' },
        { type: 'delete', path: '/a' },
        { type: 'put', path: '/a', value: 'new' },
        { type: 'put', path: '/t/y', value: 'gone again' },
        { type: 'delete', path: '/t', recursive: true },
        { type: 'put', path: '/t/z', value: 'new' },
      ]);
      expect(outcome).toMatchObject({ puts: 2, deletes: 1 });
      expect(scene().values()).toEqual(['/a=new', '/t/z=new']);
      expect(scene().engine.reads.get('/a')).toMatchObject({ version: 2 });
    });

    it('S3 writes all operations or none', async () => {
      await scene().put('/a', 'one');
      const operations = [
        { type: 'put', path: '/a', value: 'two' },
        { type: 'put', path: '/b', value: 'two' },
      ] as const;
      const conditions = [{ path: '/b', modRevision: 999 }];
      await failureOf(() => scene().commit(operations, { conditions }));
      expect(scene().values()).toEqual(['/a=one']);
      await scene().commit(operations);
      expect(scene().values()).toEqual(['/a=two', '/b=two']);
      expect(scene().fed).toHaveLength(2);
    });

    it('S5 gets a higher revision than those before it, those of one turn in the order of asking', async () => {
      const paths = Array.from({ length: 200 }, (_, i) => `/p${i}`);
      const outcomes = await Promise.all(paths.map((path) => scene().put(path, 'v')));
      const revisions = outcomes.map(({ revision }) => revision);
      const rising = [...new Set(revisions)].sort((a, b) => a - b);
      expect(rising).toHaveLength(200);
      if (scene().engine.supports.ordered) expect(revisions).toEqual(rising);
      expect(scene().engine.reads.revision).toBe(rising.at(-1));
    });

    it('S3 refuses a commit that is larger than the engine says it takes, and names the limit', async () => {
      const { commitBytesMax } = scene().engine.supports;
      if (commitBytesMax === undefined) return;
      const put = (i: number) =>
        ({ type: 'put', path: `/a${i}`, value: 'x'.repeat(commitBytesMax / 4) }) as const;
      const { code, message } = await failureOf(() => scene().commit([0, 1, 2, 3].map(put)));
      expect(code).toBe('too_large');
      expect(message).toContain(String(commitBytesMax));
      expect(scene().values()).toEqual([]);
      await scene().commit([0, 1, 2].map(put));
    });

    it('S6 that removes the subtree /app leaves /apple alone', async () => {
      for (const path of ['/app', '/app/x', '/app/x/y', '/app-x', '/app.x', '/app0', '/apple'])
        await scene().put(path, 'v');
      expect(await scene().deleteSubtree('/app')).toMatchObject({ deletes: 3 });
      expect(scene().values()).toEqual(['/app-x=v', '/app.x=v', '/app0=v', '/apple=v']);
    });

    it('S6 that deletes one path leaves what is below it', async () => {
      await scene().put('/app', 'v');
      await scene().put('/app/x', 'v');
      await scene().delete('/app');
      expect(scene().values()).toEqual(['/app/x=v']);
    });

    it('that removes the subtree / removes everything', async () => {
      await scene().put('/a/b', 'v');
      await scene().put('/ü', 'v');
      expect(await scene().deleteSubtree('/')).toMatchObject({ deletes: 2 });
      expect(scene().values()).toEqual([]);
    });

    it('is refused once the engine was closed', async () => {
      await scene().engine.close();
      expect((await failureOf(() => scene().put('/a', 'v'))).code).toBe('unavailable');
    });

    it('may have 10,000 changes', async () => {
      const paths = Array.from({ length: 10_000 }, (_, i) => `/big/${i % 100}/${i}`);
      const puts = paths.map((path) => ({ type: 'put', path, value: path }) as const);
      expect(await scene().commit(puts)).toMatchObject({ puts: 10_000 });
      expect(scene().engine.reads.entryCount).toBe(10_000);
      expect(scene().values('/big/7')).toHaveLength(100);
      expect(await scene().deleteSubtree('/big')).toMatchObject({ deletes: 10_000 });
      expect(scene().engine.reads.entryCount).toBe(0);
    });

    it('S2 that is large shows nothing before it shows all of it, and lets readers in', async () => {
      const { engine } = scene();
      const put = (i: number) => ({ type: 'put', path: `/big/${i}`, value: 'v' }) as const;
      const operations = Array.from({ length: 5_000 }, (_, i) => put(i));
      let isDone = false;
      const writes = [
        scene().commit(operations),
        scene().put('/behind', '1'),
        scene().commit([{ type: 'delete', path: '/big', recursive: true }]),
      ];
      const all = Promise.all(writes).finally(() => {
        isDone = true;
      });
      let turns = 0;
      while (!isDone) {
        await new Promise(setImmediate);
        turns++;
        const beside = engine.reads.get('/behind') === undefined ? 0 : 1;
        const seen = scene().values('/big').length;
        expect([0, 5_000]).toContain(seen);
        expect(engine.reads.entryCount).toBe(seen + beside);
      }
      const revisions = (await all).map(({ revision }) => revision);
      const [large, , removal] = revisions;
      expect(large).toBeLessThan(removal ?? 0);
      if (engine.supports.ordered) expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      expect(turns).toBeGreaterThan(5);
      expect(scene().values()).toEqual(['/behind=1']);
    });

    it('S2 S4 that is large is judged by what is before it, and made once', async () => {
      const put = (i: number) => ({ type: 'put', path: `/big/${i}`, value: 'v' }) as const;
      const operations = Array.from({ length: 3_000 }, (_, i) => put(i));
      const before = scene().put('/big/7', '1');
      const conditions = [{ path: '/big/7', modRevision: 0 }];
      const refused = failureOf(() => scene().commit(operations, { conditions }));
      const large = scene().commit(operations, { requestId: 'large' });
      const again = scene().commit(operations, { requestId: 'large' });
      expect((await refused).details.current).toMatchObject({ value: '1' });
      expect(await again).toEqual(await large);
      expect((await large).revision).toBeGreaterThan((await before).revision);
      expect(scene().engine.reads.get('/big/7')).toMatchObject({ value: 'v', version: 2 });
    });

    it('may have the longest path and a value of 1 MiB', async () => {
      const path = `/${'ü'.repeat(127)}/${'x'.repeat(255)}/${'y'.repeat(255)}/${'z'.repeat(255)}`;
      const value = 'ä'.repeat(512 * 1024);
      await scene().put(path, value);
      await scene().put(`${path}/1`, value);
      expect(scene().engine.reads.get(path)?.value).toBe(value);
      expect(scene().history(0).at(-1)?.changes[0]).toMatchObject({
        entry: { value },
      });
    });
  });

  describe('conditions', () => {
    it('S2 let one of two writers that read the same entry win', async () => {
      const { revision } = await scene().put('/a', '0');
      const conditions = [{ path: '/a', modRevision: revision }];
      const [first, second] = await Promise.allSettled([
        scene().put('/a', 'first', { conditions }),
        scene().put('/a', 'second', { conditions }),
      ]);
      expect(first.status).toBe('fulfilled');
      expect(second.status).toBe('rejected');
      expect(scene().engine.reads.get('/a')?.value).toBe('first');
    });

    it('S2 count right with many writers at once', async () => {
      const increment = async (): Promise<void> => {
        const now = scene().engine.reads.get('/n');
        const conditions = [{ path: '/n', modRevision: now?.modRevision ?? 0 }];
        const value = String(Number(now?.value ?? 0) + 1);
        await scene().put('/n', value, { conditions }).catch(increment);
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(scene().engine.reads.get('/n')).toMatchObject({ value: '20', version: 20 });
    });

    it('that name revision 0 ask for a path that holds nothing', async () => {
      const conditions = [{ path: '/a', modRevision: 0 }];
      await scene().put('/a', 'one', { conditions });
      const error = await failureOf(() => scene().put('/a', 'two', { conditions }));
      expect(error.code).toBe('conflict');
      expect(error.details).toEqual({ path: '/a', current: scene().engine.reads.get('/a') });
      await scene().delete('/a');
      await scene().put('/a', 'three', { conditions });
    });

    it('that do not hold because nothing is there say so', async () => {
      const conditions = [{ path: '/a', modRevision: 1 }];
      const error = await failureOf(() => scene().put('/b', 'v', { conditions }));
      expect(error.code).toBe('conflict');
      expect(error.details).toEqual({ path: '/a', current: null });
      expect(scene().engine.reads.get('/b')).toBeUndefined();
    });

    it('are judged against the state before the commit', async () => {
      await scene().commit(
        [
          { type: 'put', path: '/a', value: 'v' },
          { type: 'put', path: '/b', value: 'v' },
        ],
        { conditions: [{ path: '/a', modRevision: 0 }] },
      );
      expect(scene().values()).toEqual(['/a=v', '/b=v']);
    });
  });

  describe('S4 a request id', () => {
    it('S4 is applied once when it is tried again later', async () => {
      const first = await scene().put('/a', 'one', { requestId: 'once' });
      await scene().put('/a', 'two');
      expect(await scene().put('/a', 'one', { requestId: 'once' })).toEqual(first);
      expect(scene().engine.reads.get('/a')?.value).toBe('two');
    });

    it('S4 is applied once when both tries come in one turn', async () => {
      const [first, second] = await Promise.all([
        scene().put('/a', 'one', { requestId: 'once' }),
        scene().put('/a', 'one', { requestId: 'once' }),
      ]);
      expect(second).toEqual(first);
      expect(scene().fed).toHaveLength(1);
    });

    it('S4 is answered with its commit even where its condition no longer holds', async () => {
      const more = { requestId: 'once', conditions: [{ path: '/a', modRevision: 0 }] };
      const first = await scene().put('/a', 'one', more);
      expect(await scene().put('/a', 'one', more)).toEqual(first);
    });

    it('S4 that made a commit is refused for another write, in the same turn and later', async () => {
      const put = (path: string, value: string) => ({ type: 'put', path, value }) as const;
      const first = [put('/a', '1'), put('/b', '2')];
      const conditions = [{ path: '/c', modRevision: 0 }];
      const others = [
        [put('/a', '1'), put('/b', '3')],
        [put('/b', '2'), put('/a', '1')],
        [put('/a', '1')],
        [...first, put('/c', '')],
        [put('/a1', ''), put('/b', '2')],
        [put('/a', '1'), { type: 'delete', path: '/b' } as const],
      ];
      const made = scene().commit(first, { requestId: 'r', conditions });
      const refused = () => [
        ...others.map((each) =>
          failureOf(() => scene().commit(each, { requestId: 'r', conditions })),
        ),
        failureOf(() => scene().commit(first, { requestId: 'r' })),
      ];
      const soon = refused();
      const { revision } = await made;
      for (const failure of [...(await Promise.all(soon)), ...(await Promise.all(refused()))])
        expect(failure).toMatchObject({ code: 'invalid_message' });
      expect(await scene().commit(first, { requestId: 'r', conditions })).toMatchObject({
        revision,
      });
      expect(scene().values()).toEqual(['/a=1', '/b=2']);
    });

    it('S4 that met a conflict is judged anew', async () => {
      const more = { requestId: 'again', conditions: [{ path: '/a', modRevision: 0 }] };
      await scene().put('/a', 'one');
      await failureOf(() => scene().put('/a', 'two', more));
      await scene().delete('/a');
      await scene().put('/a', 'two', more);
      expect(scene().engine.reads.get('/a')?.value).toBe('two');
    });
  });
}
