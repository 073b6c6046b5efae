import type { Condition, TxnOperation } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { type GuardedScene, startGuarded } from '../test-support/guarded-scene.ts';
import type { RawClient } from '../test-support/raw-client.ts';

const read = (on: string) => ({ verbs: ['read'] as const, on });
const write = (on: string) => ({ verbs: ['write'] as const, on });
const put = (path: string): TxnOperation => ({ type: 'put', path, value: '1' });
const get = (path: string): TxnOperation => ({ type: 'get', path });

interface Branches {
  readonly if?: Condition[];
  readonly then?: TxnOperation[];
  readonly else?: TxnOperation[];
}

async function replyTo(scene: GuardedScene, client: RawClient, branches: Branches) {
  const { if: conditions = [], then = [], else: others = [] } = branches;
  return scene.ask(client, (id) => ({
    ...{ type: 'txn', id, requestId: `r${id}`, if: conditions, then, else: others },
  }));
}

/** Somebody who writes below /w, reads below /r, and may neither below /secret. */
async function started() {
  const scene = await startGuarded();
  await scene.put('/secret', 'hunter2');
  await scene.put('/w/secret', 'hunter2');
  await scene.put('/r/known', 'v');
  const client = await scene.guest('bob', [write('/w'), read('/r')]);
  return { scene, client };
}

describe('the rights to a transaction', () => {
  it.each<[string, Branches]>([
    ['what it writes', { then: [put('/secret')] }],
    ['what it would write otherwise', { else: [put('/r/known')] }],
    ['what it removes', { then: [{ type: 'delete', path: '/', recursive: true }] }],
    ['what it reads', { then: [get('/secret')] }],
    ['what it would read otherwise', { else: [get('/w/secret')] }],
    ['what it lists', { else: [{ type: 'list', path: '/' }] }],
    ['where a condition looks', { if: [{ path: '/secret', exists: true }], then: [put('/w/a')] }],
    ['what a condition compares', { if: [{ path: '/w/secret', value: 'hunter2' }] }],
    ['the subtree of a condition', { if: [{ path: '/', unchangedSince: 0 }] }],
    ['what is the server’s own', { if: [{ path: '/.confer/auth/roles/admin', exists: true }] }],
  ])('cover %s, whichever branch is done', async (_, branches) => {
    const { scene, client } = await started();
    const { revision } = scene.engine.reads;
    const reply = await replyTo(scene, client, branches);
    expect(reply).toMatchObject({ type: 'error', code: 'forbidden' });
    expect(scene.engine.reads.revision).toBe(revision);
  });

  it('let through what is allowed, and conditions that tell no value to who may write', async () => {
    const { scene, client } = await started();
    const reply = await replyTo(scene, client, {
      if: [
        { path: '/w/secret', exists: true },
        { path: '/w', unchangedSince: scene.engine.reads.revision },
        { path: '/r/known', value: 'v' },
      ],
      then: [put('/w/a'), get('/r/known')],
    });
    expect(reply).toMatchObject({
      ...{ type: 'decided', succeeded: true },
      results: [{ type: 'put' }, { type: 'get', entry: { value: 'v' } }],
    });
  });

  it('hide from who may not read what a write found', async () => {
    const { scene, client } = await started();
    const reply = await replyTo(scene, client, {
      then: [put('/w/new'), { type: 'delete', path: '/w/secret', recursive: true }],
    });
    expect(reply).toMatchObject({ type: 'decided' });
    expect(Object(reply).results).toEqual([{ type: 'put' }, { type: 'delete' }]);
    expect(scene.engine.reads.get('/w/secret')).toBeUndefined();
  });

  it('W11 cover the parts of one that comes in parts', async () => {
    const { scene, client } = await started();
    const about = { id: 7, requestId: 'parts', if: [] };
    client.send({ type: 'txn', ...about, part: 0, more: true, then: [put('/w/a')] });
    client.send({ type: 'txn', ...about, part: 1, then: [], else: [get('/secret')] });
    await scene.settle();
    expect(client.take('error')).toMatchObject({ code: 'forbidden', path: '/secret' });
    expect(scene.engine.reads.get('/w/a')).toBeUndefined();
  });
});
