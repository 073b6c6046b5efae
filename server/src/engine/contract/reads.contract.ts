import { describe, expect, it } from 'vitest';
import { RowBudget } from '../../row-budget.ts';
import { failureOf, type Rig } from './rig.contract.ts';

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

export function describeReads(rig: () => Rig): void {
  const paths = (...query: Parameters<Rig['engine']['reads']['scan']>) =>
    [...rig().engine.reads.scan(...query)].map(({ path }) => path);

  describe('a scan of a subtree', () => {
    it('gives entries in the order of the tree', async () => {
      for (const path of [...TREE].reverse()) await rig().put(path, 'v');
      const at = rig().engine.reads.revision;
      expect(paths({ subtree: '/', at })).toEqual(TREE);
    });

    it('S6 holds the subtree and no sibling', async () => {
      for (const path of TREE) await rig().put(path, 'v');
      const at = rig().engine.reads.revision;
      const below = (path: string) => TREE.filter((p) => p === path || p.startsWith(`${path}/`));
      for (const subtree of [...TREE, '/a/none', '/zzz'])
        expect(paths({ subtree, at }), subtree).toEqual(below(subtree));
    });

    it('S6 leaves out what is named .confer, unless it is asked for as such', async () => {
      const hidden = ['/.confer', '/.confer/auth/a', '/a/.confer/b'];
      for (const path of [...hidden, '/.conference', '/a', '/a/b']) await rig().put(path, 'v');
      const before = rig().engine.reads.revision;
      expect(paths({ subtree: '/', at: before })).toEqual(['/.conference', '/a', '/a/b']);
      expect(paths({ subtree: '/a', at: before })).toEqual(['/a', '/a/b']);
      expect(paths({ subtree: '/.confer', at: before })).toEqual(hidden.slice(0, 2));
      expect(paths({ subtree: '/a/.confer', at: before })).toEqual(hidden.slice(2));
      const { revision, deletes } = await rig().deleteSubtree('/');
      expect(deletes).toBe(3);
      expect(paths({ subtree: '/', at: rig().engine.reads.revision })).toEqual([]);
      for (const path of hidden) expect(rig().engine.reads.get(path)?.value, path).toBe('v');
      await rig().deleteSubtree('/.confer');
      expect(rig().engine.reads.get('/.confer/auth/a')).toBe(undefined);
      expect(rig().deleted('/')).toEqual(
        ['/.conference', '/a', '/a/b'].map((path) => `${path}@${revision}`),
      );
    });

    it('ends where its budget does, and says where', async () => {
      for (const path of TREE) await rig().put(path, 'v');
      const at = rig().engine.reads.revision;
      const { revision } = await rig().deleteSubtree('/a');
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
      await rig().commit(Array.from({ length: 2_500 }, (_, i) => put(i, 'a')));
      const before = [
        ...rig().engine.reads.scan({ subtree: '/', at: rig().engine.reads.revision }),
      ];
      const at = rig().engine.reads.revision;
      await rig().put('/big/3/3', 'between');
      await rig().commit(Array.from({ length: 2_600 }, (_, i) => put(i + 1_000, 'b')));
      await rig().put('/big/3/10', 'after');
      await rig().deleteSubtree('/big');
      expect([...rig().engine.reads.scan({ subtree: '/', at })]).toEqual(before);
      for (const [i, { path }] of before.entries()) {
        if (i % 100 !== 0) continue;
        const [next] = rig().engine.reads.scan({ subtree: '/', at, start: { after: path } });
        expect(next).toEqual(before[i + 1]);
      }
      expect([...rig().engine.reads.scan({ subtree: '/big/5', at })]).toHaveLength(357);
    });

    it('gives the same entries as JSON texts', async () => {
      for (const path of TREE) await rig().put(path, `v"${path}\u2028`);
      const { engine } = rig();
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
      for (const path of TREE) await rig().put(path, 'v');
      const at = rig().engine.reads.revision;
      for (const [i, after] of TREE.entries())
        expect(paths({ subtree: '/', at, start: { after } }), after).toEqual(TREE.slice(i + 1));
      expect(paths({ subtree: '/', at, start: { after: '/a/x/0' } })).toEqual(TREE.slice(2));
      expect(paths({ subtree: '/a', at, start: { after: '/a/x-y' } })).toEqual(TREE.slice(4, 7));
      expect(paths({ subtree: '/b', at, start: { after: '/a' } })).toEqual(['/b']);
      expect(paths({ subtree: '/a', at, start: { after: '/b' } })).toEqual([]);
    });

    it('starts after a path with everything below it', async () => {
      for (const path of TREE) await rig().put(path, 'v');
      const at = rig().engine.reads.revision;
      const from = (subtree: string, afterSubtree: string) =>
        paths({ subtree, at, start: { afterSubtree } });
      expect(from('/', '/a')).toEqual(TREE.slice(7));
      expect(from('/', '/a/x')).toEqual(TREE.slice(3));
      expect(from('/a', '/a/\u{1f600}')).toEqual([]);
      expect(from('/', '/')).toEqual([]);
    });

    it('shows the state at each revision of history', async () => {
      const states: [number, string[]][] = [[rig().engine.reads.revision, []]];
      const note = () => states.push([rig().engine.reads.revision, rig().values()]);
      await rig().put('/a', '1');
      note();
      await rig().put('/a/b', '1');
      note();
      await rig().put('/a', '2');
      note();
      await rig().deleteSubtree('/a');
      note();
      await rig().put('/a/b', '2');
      note();
      for (const [at, state] of states) expect(rig().values('/', at), `at ${at}`).toEqual(state);
      expect(rig().values('/a/b', states[2]?.[0])).toEqual(['/a/b=1']);
    });

    it('refuses a revision that has not happened', async () => {
      const at = rig().engine.reads.revision + 1;
      expect((await failureOf(() => rig().engine.reads.scan({ subtree: '/', at }))).code).toBe(
        'future_revision',
      );
    });

    it('can be left before its end', async () => {
      for (const path of TREE) await rig().put(path, 'v');
      for (let i = 0; i < 50; i++)
        for (const { path } of rig().engine.reads.scan({
          subtree: '/',
          at: rig().engine.reads.revision,
        }))
          if (path === '/a/x') break;
      expect(rig().values()).toHaveLength(TREE.length);
    });
  });

  describe('the number of changes after a revision', () => {
    it('counts puts and deletes of all commits since', async () => {
      const { revision: before } = await rig().put('/a/0', 'v');
      const puts = Array.from({ length: 3_000 }, (_, i) => `/a/${i}`);
      await rig().commit(puts.map((path) => ({ type: 'put', path, value: 'v' }) as const));
      const { revision } = await rig().deleteSubtree('/a');
      await rig().put('/b', 'v');
      const { engine } = rig();
      expect(engine.reads.changesAfter(rig().start)).toBe(6_002);
      expect(engine.reads.changesAfter(before)).toBe(6_001);
      expect(engine.reads.changesAfter(revision)).toBe(1);
      expect(engine.reads.changesAfter(engine.reads.revision)).toBe(0);
    });

    it('is refused for a revision outside of history', async () => {
      const { revision } = await rig().put('/a', 'v');
      await rig().engine.maintenance.compact(revision);
      const { engine } = rig();
      const failed = async (after: number) =>
        (await failureOf(() => engine.reads.changesAfter(after))).code;
      expect(await failed(revision - 1)).toBe('compacted');
      expect(await failed(rig().future)).toBe('future_revision');
    });
  });

  describe('the number of entries', () => {
    it('is that of now', async () => {
      const counts: number[] = [];
      const count = () => counts.push(rig().engine.reads.entryCount);
      await rig().put('/a', '1').then(count);
      await rig().put('/a', '2').then(count);
      await rig().put('/a/b', '1').then(count);
      await rig().delete('/none').then(count);
      await rig().deleteSubtree('/a').then(count);
      expect(counts).toEqual([1, 1, 2, 2, 0]);
    });
  });

  describe('what can be read', () => {
    it('is what came out of the feed, at every turn while commits are under way', async () => {
      let writing = true;
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 1; i <= 30; i++)
          await rig().commit([
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
        const fed = replayed(rig());
        expect(rig().engine.reads.revision).toBe(rig().told);
        expect(new Map(rig().values().map(splitValue))).toEqual(fed);
        expect(rig().engine.reads.entryCount).toBe(fed.size);
        for (const path of ['/w0/x', '/w0/y', '/w7/y'])
          expect(rig().engine.reads.get(path)?.value).toBe(fed.get(path));
      }
      await done;
      expect(looks).toBeGreaterThan(0);
    });
  });
}

function replayed(rig: Rig): Map<string, string> {
  const state = new Map<string, string>();
  for (const { changes } of rig.fed)
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
