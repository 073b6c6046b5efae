import { comparePaths, type Entry, isWithin, limits, type Operation } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { failureOf } from './contract/scene.contract.ts';
import { atOnce, type CooperativeSteps } from './cooperative-steps.ts';
import type { WriteRequest } from './engine.ts';
import { type Base, evaluate, type LazyEntry, outcomeOf, PREV_LENGTH_MAX } from './evaluate.ts';

const NAMING = { revision: 7, time: 1_000 };

const put = (path: string, value = 'new'): Operation => ({ type: 'put', path, value });
const drop = (path: string): Operation => ({ type: 'delete', path });
const dropAll = (path: string): Operation => ({ type: 'delete', path, recursive: true });

function entry(path: string): Entry {
  const life = { createRevision: 2, modRevision: 4, version: 3 };
  return { path, value: 'old', ...life, updatedAt: 500, updatedBy: 'bob' };
}

function lazyEntry(path: string, valueLength = 3): LazyEntry {
  const whole = entry(path);
  const before = { valueLength, heldLength: valueLength, entry: () => whole };
  return { ...whole, ...before, kept: () => before };
}

function* untouched(): CooperativeSteps<boolean> {
  yield;
  return false;
}

const UNTOUCHED = {
  isTouched: () => untouched(),
};

/** A base that counts the entries it hands out. */
class Entries implements Base<LazyEntry> {
  readonly #entries: readonly LazyEntry[];
  scanned = 0;

  constructor(paths: readonly string[]) {
    this.#entries = [...paths].sort(comparePaths).map((path) => lazyEntry(path));
  }

  read(path: string): LazyEntry | undefined {
    return this.#entries.find((candidate) => candidate.path === path);
  }

  isTouched(): CooperativeSteps<boolean> {
    return untouched();
  }

  *scanSubtree(path: string, after = ''): Generator<LazyEntry> {
    for (const candidate of this.#entries) {
      if (!isWithin(candidate.path, path)) continue;
      if (after !== '' && comparePaths(candidate.path, after) <= 0) continue;
      this.scanned++;
      yield candidate;
    }
  }
}

function judge(paths: readonly string[], operations: readonly Operation[], more = {}) {
  return atOnce(evaluate(request(operations, more), new Entries(paths), NAMING)).commit;
}

function request(operations: readonly Operation[], more: Partial<WriteRequest>): WriteRequest {
  return { operations, conditions: [], actor: 'ann', requestId: 'r', ...more };
}

/** The net changes in short: `+path` for a put, `-path` for a delete. */
function net(paths: readonly string[], operations: readonly Operation[]): string[] {
  const changes = judge(paths, operations)?.changes ?? [];
  return changes.map(({ type, path }) => (type === 'put' ? `+${path}` : `-${path}`));
}

describe('a commit says which subtrees it removed as a whole', () => {
  it.each<[string, Operation[], string[] | undefined]>([
    ['none, for deletes of single entries', [put('/a/1'), drop('/a')], undefined],
    ['the one of a recursive delete', [dropAll('/a')], ['/a']],
    ['the one that something was put into again', [dropAll('/a'), put('/a/1')], ['/a']],
    [
      'the outermost of several in each other',
      [dropAll('/a/b'), dropAll('/a'), dropAll('/c')],
      ['/a', '/c'],
    ],
  ])('%s', (_, operations, cleared) => {
    const made = judge(['/a', '/a/1', '/a/b/2', '/c'], operations);
    expect([...(made?.cleared ?? [])].sort()).toEqual(cleared ?? []);
    expect(made !== undefined && 'cleared' in made).toBe(cleared !== undefined);
  });
});

describe('the net changes of a commit', () => {
  it.each<[string, string[], Operation[], string[]]>([
    ['one put', [], [put('/a')], ['+/a']],
    ['one delete', ['/a'], [drop('/a')], ['-/a']],
    ['a delete of nothing', [], [drop('/a')], []],
    ['a put of the value that is there', ['/a'], [put('/a', 'old')], ['+/a']],
    ['a put that is deleted again', [], [put('/a'), drop('/a')], []],
    ['a put over an entry that is deleted again', ['/a'], [put('/a'), drop('/a')], ['-/a']],
    ['a delete and a put', ['/a'], [drop('/a'), put('/a')], ['+/a']],
    ['a recursive delete', ['/a', '/a/b'], [dropAll('/a')], ['-/a', '-/a/b']],
    [
      'a recursive delete beside siblings (S6)',
      ['/a-b', '/a/b', '/ab'],
      [dropAll('/a')],
      ['-/a/b'],
    ],
    ['a plain delete over children', ['/a', '/a/b'], [drop('/a')], ['-/a']],
    ['a put into a subtree that goes after it', ['/a/b'], [put('/a/c'), dropAll('/a')], ['-/a/b']],
    [
      'a put into a subtree that went before it',
      ['/a/b', '/a/c'],
      [dropAll('/a'), put('/a/c')],
      ['-/a/b', '+/a/c'],
    ],
    [
      'a subtree, then the one around it',
      ['/a/b/c'],
      [dropAll('/a/b'), dropAll('/a')],
      ['-/a/b/c'],
    ],
    ['a subtree, then one in it', ['/a/b/c'], [dropAll('/a'), dropAll('/a/b')], ['-/a/b/c']],
    [
      'a put between the removals of two subtrees',
      ['/a/b'],
      [dropAll('/a'), put('/a/b'), dropAll('/a/b')],
      ['-/a/b'],
    ],
    ['a delete, then its subtree', ['/a'], [drop('/a'), dropAll('/a')], ['-/a']],
    ['a subtree, then a delete in it', ['/a/b'], [dropAll('/a'), drop('/a/b')], ['-/a/b']],
    ['the removal of everything', ['/a', '/b/c'], [dropAll('/')], ['-/a', '-/b/c']],
    [
      'puts in no order, told in that of the tree',
      [],
      [put('/ab'), put('/a-b'), put('/a/b'), put('/a')],
      ['+/a', '+/a/b', '+/a-b', '+/ab'],
    ],
  ])('are what is left of %s', (_title, paths, operations, expected) => {
    expect(net(paths, operations)).toEqual(expected);
  });

  it('cost one look through each subtree, however many deletes lie in it', () => {
    const base = new Entries(['/a/b/c', '/a/b/d']);
    const operations = [dropAll('/a/b/c'), dropAll('/a/b'), dropAll('/a'), dropAll('/a/b')];
    atOnce(evaluate(request(operations, {}), base, NAMING));
    expect(base.scanned).toBe(2);
  });

  it('let a put begin the life of an entry, or go on with the one that is there', () => {
    const commit = judge(['/old'], [drop('/old'), put('/old'), put('/young')], { note: 'why' });
    const written = { value: 'new', modRevision: 7, updatedAt: 1_000, updatedBy: 'ann' };
    expect(commit).toEqual({
      ...NAMING,
      actor: 'ann',
      note: 'why',
      changes: [
        {
          type: 'put',
          path: '/old',
          entry: { path: '/old', ...written, createRevision: 2, version: 4 },
          before: { valueLength: 3, heldLength: 3, entry: expect.any(Function) },
          replaced: 4,
        },
        {
          type: 'put',
          path: '/young',
          entry: { path: '/young', ...written, createRevision: 7, version: 1 },
          replaced: 0,
        },
      ],
    });
    expect(commit?.changes[0]?.before?.entry()).toEqual(entry('/old'));
    expect(commit && outcomeOf(commit, false)).toEqual({ revision: 7, puts: 2, deletes: 0 });
  });

  it('are at most `changesMax`, and more are refused', { timeout: 60_000 }, async () => {
    const many = function* (count: number, after = '/a/-1') {
      const last = Number(after.slice('/a/'.length));
      for (let i = last + 1; i < count; i++) yield lazyEntry(`/a/${i}`);
    };
    const dropMany = (count: number) => {
      const base = {
        ...UNTOUCHED,
        read: () => undefined,
        scanSubtree: (_: string, after?: string) => many(count, after),
      };
      return atOnce(evaluate(request([dropAll('/a')], {}), base, NAMING));
    };
    expect((await failureOf(() => dropMany(limits.changesMax + 1))).code).toBe('too_large');
    expect(dropMany(limits.changesMax).commit?.changes).toHaveLength(limits.changesMax);
  });

  it('are told without what they replaced where that is too much, and read none of it', () => {
    const judged = (valueLength: number) => {
      const unread: LazyEntry = {
        ...lazyEntry('/a', valueLength),
        entry: () => {
          throw new Error('it was read');
        },
      };
      const base = { ...UNTOUCHED, read: () => unread, scanSubtree: () => [unread] };
      return atOnce(evaluate(request([dropAll('/a')], {}), base, NAMING)).commit;
    };
    const tooMuch = judged(PREV_LENGTH_MAX + 1);
    expect(tooMuch).toMatchObject({
      withoutPrev: true,
      changes: [{ type: 'delete', path: '/a', replaced: 4 }],
    });
    expect(tooMuch?.changes[0]).not.toHaveProperty('before');
    const most = judged(PREV_LENGTH_MAX);
    expect(most).not.toHaveProperty('withoutPrev');
    expect(most?.changes[0]?.before?.valueLength).toBe(PREV_LENGTH_MAX);
  });
});

describe('the conditions of a commit', () => {
  const on = (path: string, modRevision: number) => ({ conditions: [{ path, modRevision }] });

  it('let a commit pass where each holds', () => {
    expect(judge(['/a'], [put('/b')], on('/a', 4))).toBeDefined();
    expect(judge([], [put('/b')], on('/a', 0))).toBeDefined();
  });

  it.each([
    [['/a'], 0, entry('/a')],
    [['/a'], 3, entry('/a')],
    [[], 4, null],
  ])(
    'refuse a commit where %j is there, not at revision %i, and show what is',
    async (paths, expected, current) => {
      const error = await failureOf(() => judge(paths, [put('/b')], on('/a', expected)));
      expect(error.code).toBe('conflict');
      expect(error.details).toEqual({ path: '/a', current });
    },
  );

  it('refuse a commit that would change nothing, too', async () => {
    expect((await failureOf(() => judge([], [drop('/b')], on('/a', 4)))).code).toBe('conflict');
  });
});

describe('the branches of a transaction', () => {
  const judged = (paths: readonly string[], more: Partial<WriteRequest>) =>
    atOnce(evaluate(request([put('/then')], more), new Entries(paths), NAMING));
  const exists = [{ path: '/a', exists: true }];

  it('are chosen by its conditions, and what is done says which one it was', () => {
    const otherwise = [put('/else')];
    const { commit, otherwise: isElse } = judged([], { conditions: exists, otherwise });
    expect(commit?.changes.map(({ path }) => path)).toEqual(['/else']);
    expect(isElse).toBe(true);
    expect(commit && outcomeOf(commit, isElse)).toEqual({
      ...{ revision: 7, puts: 1, deletes: 0, otherwise: true },
    });
    expect(judged(['/a'], { conditions: exists, otherwise })).toMatchObject({
      ...{ commit: { changes: [{ path: '/then' }] }, otherwise: false },
    });
  });

  it('may come to nothing', () => {
    const nothing = { commit: undefined, otherwise: true };
    expect(judged([], { conditions: exists, otherwise: [] })).toEqual(nothing);
    expect(judged([], { conditions: exists, otherwise: [dropAll('/none')] })).toEqual(nothing);
  });

  it('are both held against each other before a condition is', async () => {
    const conditions = [{ path: '/a', modRevision: 99 }];
    const otherwise = [dropAll('/b'), put('/b/c')];
    const error = await failureOf(() => judged([], { conditions, otherwise }));
    expect([error.code, error.details.path]).toEqual(['overlapping_writes', '/b/c']);
  });
});
