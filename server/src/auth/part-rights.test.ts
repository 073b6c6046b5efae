import type { Operation, UpMessage } from '@confer/shared';
import { describe, expect, it, vi } from 'vitest';
import { type GuardedScene, startGuarded } from '../test-support/guarded-scene.ts';
import type { RawClient } from '../test-support/raw-client.ts';

const write = (on: string) => ({ verbs: ['write'] as const, on });
const read = (on: string) => ({ verbs: ['read'] as const, on });
const put = (path: string): Operation => ({ type: 'put', path, value: '1' });

let ids = 0;

/** Sends a commit or a transaction in parts, and does something before the last of them. */
async function inParts(
  { scene, client }: { readonly scene: GuardedScene; readonly client: RawClient },
  type: 'commit' | 'txn',
  parts: readonly (readonly Operation[])[],
  between: () => Promise<unknown> = async () => {},
) {
  const id = ++ids;
  for (const [part, operations] of parts.entries()) {
    const isLast = part === parts.length - 1;
    if (isLast) await between();
    const about = { id, requestId: `parts-${id}`, part, ...(isLast ? {} : { more: true }) };
    const own = [...operations];
    const message: UpMessage =
      type === 'commit'
        ? { type, ...about, operations: own }
        : { type, ...about, if: [], then: own };
    client.send(message);
  }
  const answer = () => client.received.find((message) => 'id' in message && message.id === id);
  // A large commit is written, and told, in several turns.
  await vi.waitFor(async () => {
    await scene.settle();
    if (answer() === undefined) throw new Error('no answer yet');
  }, 10_000);
  return answer();
}

describe.each(['commit', 'txn'] as const)('W11 the rights to a %s in parts', (type) => {
  const done = type === 'commit' ? 'committed' : 'decided';

  async function started(...allow: readonly string[]) {
    const scene = await startGuarded();
    const client = await scene.guest('bob', allow.map(write));
    return { scene, client };
  }

  it.each([
    ['first', [[put('/secret')], [put('/w/a')], [put('/w/b')]]],
    ['last', [[put('/w/a')], [put('/w/b')], [put('/secret')]]],
  ] as const)('cover its %s part, and it is refused as a whole', async (_, parts) => {
    const { scene, client } = await started('/w');
    const { revision } = scene.engine.reads;
    const reply = await inParts({ scene, client }, type, parts);
    expect(reply).toMatchObject({ type: 'error', code: 'forbidden', path: '/secret' });
    expect(scene.engine.reads.revision).toBe(revision);
    expect(await inParts({ scene, client }, type, [[put('/w/a')], [put('/w/b')]])).toMatchObject({
      type: done,
    });
  });

  it('are those of the end, where a right has ended since its part came', async () => {
    const { scene, client } = await started('/w', '/x');
    const reply = await inParts({ scene, client }, type, [[put('/x')], [put('/w/a')]], () =>
      scene.setRole({ name: 'bob', allow: [write('/w')] }),
    );
    expect(reply).toMatchObject({ type: 'error', code: 'forbidden', path: '/x' });
    expect(scene.engine.reads.get('/w/a')).toBeUndefined();
  });

  it('are those of the end, where a right was given since its part came', async () => {
    const { scene, client } = await started('/w');
    const reply = await inParts({ scene, client }, type, [[put('/x')], [put('/w/a')]], () =>
      scene.setRole({ name: 'bob', allow: [write('/w'), write('/x')] }),
    );
    expect(reply).toMatchObject({ type: done });
  });

  it('are those of the end, where they ended and came back while parts came', async () => {
    const { scene, client } = await started('/w');
    const reply = await inParts({ scene, client }, type, [[put('/x')], [put('/w/a')]], async () => {
      await scene.setRole({ name: 'bob', allow: [write('/x')] });
      await scene.setRole({ name: 'bob', allow: [write('/w')] });
    });
    expect(reply).toMatchObject({ type: 'error', code: 'forbidden', path: '/x' });
  });
});

describe('W11 what a large commit has done', () => {
  it('is told to who may read all of it, and to others what they asked for', async () => {
    const scene = await startGuarded();
    const reader = await scene.guest('reader', [write('/'), read('/')]);
    const most = await scene.guest('most', [write('/'), read('/')], [read('/b/25')]);
    await scene.put('/gone', '1');
    const parts = Array.from({ length: 3 }, (_, part) =>
      Array.from({ length: 10_000 }, (__, i) => put(`/b/${part}${i}`)),
    );
    const remove: Operation = { type: 'delete', path: '/none' };
    const asked = [...parts, [remove]];
    const all = await inParts({ scene, client: reader }, 'commit', asked);
    expect(all).toMatchObject({ type: 'committed', puts: 30_000, deletes: 0 });
    const some = await inParts({ scene, client: most }, 'commit', asked);
    expect(some).toMatchObject({ type: 'committed', puts: 30_000, deletes: 1 });
  });
});
