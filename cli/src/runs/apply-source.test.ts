import { type Client, type CommitOptions, ConflictError } from '@confer/client';
import { type Entry, limits } from '@confer/shared';
import { expect, test } from 'vitest';
import { applySource, type Work } from './apply-source.ts';

/** A store of one subtree; `meddle` runs before each commit, as somebody else. */
class Store implements Pick<Client, 'list' | 'commit'> {
  readonly values = new Map<string, Entry>();
  readonly commits: CommitOptions[] = [];
  revision = 0;
  meddle = () => {};

  put(path: string, value: string): void {
    const modRevision = ++this.revision;
    const about = { createRevision: 1, version: 1, updatedAt: 0, updatedBy: 'test' };
    this.values.set(path, { path, value, modRevision, ...about });
  }

  async list() {
    return { revision: this.revision, entries: [...this.values.values()], folders: [] };
  }

  async commit(request: CommitOptions) {
    this.meddle();
    for (const { path, ...expected } of request.conditions ?? []) {
      const current = this.values.get(path);
      if (!('modRevision' in expected) || (current?.modRevision ?? 0) !== expected.modRevision)
        throw new ConflictError('somebody was faster', path, current);
    }
    this.commits.push(request);
    for (const operation of request.operations)
      if (operation.type === 'put') this.put(operation.path, operation.value);
      else this.values.delete(operation.path);
    return { revision: this.revision, puts: 0, deletes: 0 };
  }
}

const work = (wanted: Record<string, string>): Work => ({
  subtrees: ['/shop'],
  wanted: new Map(Object.entries(wanted)),
  prune: false,
  dryRun: false,
  note: undefined,
  timeoutMs: 1_000,
  onStep: () => {},
  onConflict: () => {},
  review: async () => {},
});

test('what somebody else wrote after the plan is planned against', async () => {
  const store = new Store();
  store.put('/shop/a', '1');
  let left = 2;
  store.meddle = () => {
    if (left-- > 0) store.put('/shop/a', 'theirs');
  };
  const { plan } = await applySource(store, work({ '/shop/a': '2', '/shop/b': '3' }));
  expect(plan.steps).toMatchObject([
    { kind: 'change', path: '/shop/a', prev: { value: 'theirs' } },
    { kind: 'add', path: '/shop/b' },
  ]);
  expect(store.commits).toHaveLength(1);
});

test('a change that somebody else made already is not made again', async () => {
  const store = new Store();
  store.meddle = () => {
    if (store.values.size === 0) store.put('/shop/a', '1');
  };
  const { plan } = await applySource(store, work({ '/shop/a': '1' }));
  expect(plan.counts).toEqual({ added: 0, changed: 0, removed: 0, unchanged: 1 });
  expect(store.commits).toHaveLength(0);
});

test('somebody who never stops is a conflict, and nothing is written', async () => {
  const store = new Store();
  store.meddle = () => store.put('/shop/a', `theirs ${store.revision}`);
  await expect(applySource(store, work({ '/shop/a': '1', '/shop/b': '2' }))).rejects.toMatchObject({
    exitCode: 4,
    code: 'conflict',
  });
  expect(store.values.has('/shop/b')).toBe(false);
});

test('what does not fit into one commit is refused before it is sent', async () => {
  const store = new Store();
  const many = Array.from({ length: limits.operationsMax + 1 }, (_, i) => [`/shop/${i}`, '']);
  const value = 'x'.repeat(limits.valueBytesMax);
  const large = Array.from({ length: 33 }, (_, i) => [`/shop/${i}`, value]);
  for (const wanted of [many, large])
    await expect(applySource(store, work(Object.fromEntries(wanted)))).rejects.toMatchObject({
      exitCode: 7,
      code: 'too_large',
    });
  expect(store.commits).toHaveLength(0);
});
