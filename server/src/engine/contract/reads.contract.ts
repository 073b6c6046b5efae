import { describe, expect, it } from 'vitest';
import { RowBudget } from '../../row-budget.ts';
import { failureOf, type Scene } from './scene.contract.ts';

/** In tree order, which is neither the order of code units nor that of plain strings. */
const TREE = [
  '/a',
  '/a/x',
  '/a/x/1',
  '/a/x-y',
  '/a/\uffee',
  '/a/\u{1f600}',
  '/a/\u{1f600}/b',
  '/a-b',
  '/a-b/c',
  '/a.b',
  '/ab',
  '/b',
  '/é',
];

export function describeReads(scene: () => Scene): void {
  const paths = (...query: Parameters<Scene['engine']['reads']['scan']>) =>
    [...scene().engine.reads.scan(...query)].map(({ path }) => path);

  describe('a scan of a subtree', () => {
    it('gives entries in the order of the tree', async () => {
      for (const path of [...TREE].reverse()) await scene().put(path, 'v');
      const at = scene().engine.reads.revision;
      expect(paths({ subtree: '/', at })).toEqual(TREE);
    });

    it('S6 holds the subtree and no sibling', async () => {
      for (const path of TREE) await scene().put(path, 'v');
      const at = scene().engine.reads.revision;
      const below = (path: string) => TREE.filter((p) => p === path || p.startsWith(`${path}/`));
      for (const subtree of [...TREE, '/a/none', '/zzz'])
        expect(paths({ subtree, at }), subtree).toEqual(below(subtree));
    });

    it('S6 leaves out what is named .confer, unless it is asked for as such', async () => {
      const hidden = ['/.confer', '/.confer/auth/a', '/a/.confer/b'];
      for (const path of [...hidden, '/.conference', '/a', '/a/b']) await scene().put(path, 'v');
      const before = scene().engine.reads.revision;
      expect(paths({ subtree: '/', at: before })).toEqual(['/.conference', '/a', '/a/b']);
      expect(paths({ subtree: '/a', at: before })).toEqual(['/a', '/a/b']);
      expect(paths({ subtree: '/.confer', at: before })).toEqual(hidden.slice(0, 2));
      expect(paths({ subtree: '/a/.confer', at: before })).toEqual(hidden.slice(2));
      const { revision, deletes } = await scene().deleteSubtree('/');
      expect(deletes).toBe(3);
      expect(paths({ subtree: '/', at: scene().engine.reads.revision })).toEqual([]);
      for (const path of hidden) expect(scene().engine.reads.get(path)?.value, path).toBe('v');
      await scene().deleteSubtree('/.confer');
      expect(scene().engine.reads.get('/.confer/auth/a')).toBe(undefined);
      expect(scene().deleted('/')).toEqual(
        ['/.conference', '/a', '/a/b'].map((path) => `${path}@${revision}`),
      );
    });

    it('ends where its budget does, and says where', async () => {
      for (const path of TREE) await scene().put(path, 'v');
      const at = scene().engine.reads.revision;
      const { revision } = await scene().deleteSubtree('/a');
      for (let looks = 1; looks <= TREE.length + 1; looks++)
        for (const revisionAt of [at, revision]) {
          const expected = paths({ subtree: '/', at: revisionAt });
          const found: string[] = [];
          let after: string | undefined;
          do {
            const budget = new RowBudget(looks);
            const start = after === undefined ? {} : { start: { after } };
            const part = paths({ subtree: '/', at: revisionAt, budget, ...start });
            expect(part.length).toBeLessThanOrEqual(looks);
            found.push(...part);
            after = budget.stoppedAfter;
          } while (after !== undefined);
          expect(found, `${looks} at ${revisionAt}`).toEqual(expected);
        }
    });

    it('reads any part of the state before a large commit', async () => {
      const put = (i: number, value: string) =>
        ({ type: 'put', path: `/big/${i % 7}/${i}`, value: value.repeat(50) }) as const;
      await scene().commit(Array.from({ length: 2_500 }, (_, i) => put(i, 'a')));
      const before = [
        ...scene().engine.reads.scan({ subtree: '/', at: scene().engine.reads.revision }),
      ];
      const at = scene().engine.reads.revision;
      await scene().put('/big/3/3', 'between');
      await scene().commit(Array.from({ length: 2_600 }, (_, i) => put(i + 1_000, 'b')));
      await scene().put('/big/3/10', 'after');
      await scene().deleteSubtree('/big');
      expect([...scene().engine.reads.scan({ subtree: '/', at })]).toEqual(before);
      for (const [i, { path }] of before.entries()) {
        if (i % 100 !== 0) continue;
        const [next] = scene().engine.reads.scan({ subtree: '/', at, start: { after: path } });
        expect(next).toEqual(before[i + 1]);
      }
      expect([...scene().engine.reads.scan({ subtree: '/big/5', at })]).toHaveLength(357);
    });

    it('gives the same entries as JSON texts', async () => {
      for (const path of TREE) await scene().put(path, `v"${path}\u2028`);
      const { engine } = scene();
      const at = engine.reads.revision - 1;
      for (const query of [
        { subtree: '/', at },
        { subtree: '/a', at: engine.reads.revision },
      ]) {
        const texts = [...engine.reads.scanTexts(query)];
        expect(texts.map(({ text }) => JSON.parse(text))).toEqual([...engine.reads.scan(query)]);
        for (const { path, modRevision, text } of texts)
          expect(JSON.parse(text)).toMatchObject({ path, modRevision });
      }
    });

    it('starts after a path, which need not hold anything', async () => {
      for (const path of TREE) await scene().put(path, 'v');
      const at = scene().engine.reads.revision;
      for (const [i, after] of TREE.entries())
        expect(paths({ subtree: '/', at, start: { after } }), after).toEqual(TREE.slice(i + 1));
      expect(paths({ subtree: '/', at, start: { after: '/a/x/0' } })).toEqual(TREE.slice(2));
      expect(paths({ subtree: '/a', at, start: { after: '/a/x-y' } })).toEqual(TREE.slice(4, 7));
      expect(paths({ subtree: '/b', at, start: { after: '/a' } })).toEqual(['/b']);
      expect(paths({ subtree: '/a', at, start: { after: '/b' } })).toEqual([]);
    });

    it('starts after a path with everything below it', async () => {
      for (const path of TREE) await scene().put(path, 'v');
      const at = scene().engine.reads.revision;
      const from = (subtree: string, afterSubtree: string) =>
        paths({ subtree, at, start: { afterSubtree } });
      expect(from('/', '/a')).toEqual(TREE.slice(7));
      expect(from('/', '/a/x')).toEqual(TREE.slice(3));
      expect(from('/a', '/a/\u{1f600}')).toEqual([]);
      expect(from('/', '/')).toEqual([]);
    });

    it('shows the state at each revision of history', async () => {
      const states: [number, string[]][] = [[scene().engine.reads.revision, []]];
      const note = () => states.push([scene().engine.reads.revision, scene().values()]);
      await scene().put('/a', '1');
      note();
      await scene().put('/a/b', '1');
      note();
      await scene().put('/a', '2');
      note();
      await scene().deleteSubtree('/a');
      note();
      await scene().put('/a/b', '2');
      note();
      for (const [at, state] of states) expect(scene().values('/', at), `at ${at}`).toEqual(state);
      expect(scene().values('/a/b', states[2]?.[0])).toEqual(['/a/b=1']);
    });

    it('refuses a revision that has not happened', async () => {
      const at = scene().engine.reads.revision + 1;
      expect((await failureOf(() => scene().engine.reads.scan({ subtree: '/', at }))).code).toBe(
        'future_revision',
      );
    });

    it('can be left before its end', async () => {
      for (const path of TREE) await scene().put(path, 'v');
      for (let i = 0; i < 50; i++)
        for (const { path } of scene().engine.reads.scan({
          subtree: '/',
          at: scene().engine.reads.revision,
        }))
          if (path === '/a/x') break;
      expect(scene().values()).toHaveLength(TREE.length);
    });
  });

  describe('the number of changes after a revision', () => {
    it('counts puts and deletes of all commits since', async () => {
      const { revision: before } = await scene().put('/a/0', 'v');
      const puts = Array.from({ length: 3_000 }, (_, i) => `/a/${i}`);
      await scene().commit(puts.map((path) => ({ type: 'put', path, value: 'v' }) as const));
      const { revision } = await scene().deleteSubtree('/a');
      await scene().put('/b', 'v');
      const { engine } = scene();
      expect(engine.reads.changesAfter(scene().start)).toBe(6_002);
      expect(engine.reads.changesAfter(before)).toBe(6_001);
      expect(engine.reads.changesAfter(revision)).toBe(1);
      expect(engine.reads.changesAfter(engine.reads.revision)).toBe(0);
    });

    it('is refused for a revision outside of history', async () => {
      const { revision } = await scene().put('/a', 'v');
      await scene().engine.maintenance.compact(revision);
      const { engine } = scene();
      const failed = async (after: number) =>
        (await failureOf(() => engine.reads.changesAfter(after))).code;
      expect(await failed(revision - 1)).toBe('compacted');
      expect(await failed(scene().future)).toBe('future_revision');
    });
  });

  describe('the number of entries', () => {
    it('is that of now', async () => {
      const counts: number[] = [];
      const count = () => counts.push(scene().engine.reads.entryCount);
      await scene().put('/a', '1').then(count);
      await scene().put('/a', '2').then(count);
      await scene().put('/a/b', '1').then(count);
      await scene().delete('/none').then(count);
      await scene().deleteSubtree('/a').then(count);
      expect(counts).toEqual([1, 1, 2, 2, 0]);
    });
  });

  describe('what can be read', () => {
    it('is what came out of the feed, at every turn while commits are under way', async () => {
      let writing = true;
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 1; i <= 30; i++)
          await scene().commit([
            { type: 'put', path: `/w${writer}/x`, value: String(i) },
            i % 3 === 0
              ? { type: 'delete', path: `/w${writer}/y` }
              : { type: 'put', path: `/w${writer}/y`, value: String(i) },
          ]);
      });
      const done = Promise.all(writers).finally(() => {
        writing = false;
      });
      let looks = 0;
      while (writing) {
        await new Promise(setImmediate);
        looks++;
        const fed = replayed(scene());
        expect(scene().engine.reads.revision).toBe(scene().told);
        expect(new Map(scene().values().map(splitValue))).toEqual(fed);
        expect(scene().engine.reads.entryCount).toBe(fed.size);
        for (const path of ['/w0/x', '/w0/y', '/w7/y'])
          expect(scene().engine.reads.get(path)?.value).toBe(fed.get(path));
      }
      await done;
      expect(looks).toBeGreaterThan(0);
    });
  });
}

function replayed(scene: Scene): Map<string, string> {
  const state = new Map<string, string>();
  for (const { changes } of scene.fed)
    for (const change of changes) {
      if (change.type === 'put') state.set(change.path, change.entry.value);
      else state.delete(change.path);
    }
  return state;
}

function splitValue(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
