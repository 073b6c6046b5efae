import { type Change, type Entry, unflatten } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { ConfigTree } from './config-tree.ts';
import { merged, shareWith } from './immutable.ts';

function entry(path: string, value: string, modRevision: number): Entry {
  const about = { createRevision: 1, version: 1, updatedAt: 0, updatedBy: 'a' };
  return { path, value, modRevision, ...about };
}

function randomChange(random: SeededRandom, revision: number): Change {
  const depth = random.int(0, 3);
  const path = ['/svc', ...Array.from({ length: depth }, () => random.pick(['a', 'b', 'c.d']))];
  if (random.chance(0.4)) return { type: 'delete', path: path.join('/'), cause: 'removed' };
  const value = random.pick(['1', 'x', '{}', '[1,{"a":2}]', 'null']);
  return { type: 'put', path: path.join('/'), entry: entry(path.join('/'), value, revision) };
}

describe('a subtree as data that is kept up with its changes', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'is what all of its entries make, and what did not change is the same object (seed %i)',
    (seed) => {
      const random = new SeededRandom(seed);
      const entries = new Map<string, Entry>();
      const tree = new ConfigTree('/svc');
      for (let revision = 1; revision <= 40; revision++) {
        const before = tree.data;
        const change = randomChange(random, revision);
        tree.apply([change]);
        if (change.type === 'put') entries.set(change.path, change.entry);
        else entries.delete(change.path);
        const whole = unflatten([...entries.values()], '/svc');
        expect(tree.data).toEqual(whole);
        expect(new ConfigTree('/svc', [...entries.values()]).data).toEqual(whole);
        const shared = shareWith(before, tree.data);
        expect(shared).toEqual(whole);
        expect(shareWith(shared, structuredClone(shared))).toBe(shared);
      }
    },
  );

  it('makes anew only what lies above a change', () => {
    const tree = new ConfigTree('/', [entry('/a/x', '1', 1), entry('/b/y', '[1]', 1)]);
    const before = merged({}, tree.data);
    tree.apply([{ type: 'put', path: '/a/x', entry: entry('/a/x', '2', 2) }]);
    const after = merged({}, tree.data);
    expect(after).toEqual({ a: { x: 2 }, b: { y: [1] } });
    expect(Object(after).b).toBe(Object(before).b);
  });

  it('keeps a key that looks like a prototype a key', () => {
    const tree = new ConfigTree('/a', [entry('/a/__proto__/x', '1', 1)]);
    const shared = shareWith({ y: 1 }, merged(JSON.parse('{"__proto__":{"z":2}}'), tree.data));
    expect(JSON.stringify(shared)).toBe('{"__proto__":{"z":2,"x":1}}');
    expect(Object(shared).x).toBeUndefined();
  });

  it('leaves a delete of what it does not have without effect', () => {
    const tree = new ConfigTree('/a', [entry('/a/b', '1', 1)]);
    tree.apply([{ type: 'delete', path: '/a/b/c', cause: 'removed' }]);
    tree.apply([{ type: 'delete', path: '/a/x', cause: 'removed' }]);
    expect(tree.data).toEqual({ b: 1 });
  });
});

describe('what a schema makes', () => {
  it('is frozen, and shares dates that are the same time; other objects are taken as they are', () => {
    class Url {}
    const url = new Url();
    const first = shareWith(undefined, { at: new Date(5), url, list: [{ a: 1 }] });
    const second = shareWith(first, { at: new Date(5), url, list: [{ a: 1 }] });
    expect(second).toBe(first);
    expect(Object.isFrozen(first.list[0])).toBe(true);
    expect(Object.isFrozen(url)).toBe(false);
    expect(shareWith(first, { at: new Date(6), url, list: [] })).not.toBe(first);
  });

  it('tells a key that is there without a value from one that is not', () => {
    const first: object = shareWith(undefined, { a: undefined });
    expect(shareWith(first, {})).not.toBe(first);
    expect(shareWith(first, { b: undefined })).toEqual({ b: undefined });
  });
});
