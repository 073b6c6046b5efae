import type { UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { type GuardedScene, startGuarded } from '../test-support/guarded-scene.ts';
import type { RawClient } from '../test-support/raw-client.ts';

type Request = Extract<UpMessage, { id: number }>;

const read = (on: string) => ({ verbs: ['read'] as const, on });

async function codeOf(scene: GuardedScene, client: RawClient, request: (id: number) => Request) {
  const reply = await scene.ask(client, request);
  return reply.type === 'error' ? reply.code : reply.type;
}

describe('who may read a part', () => {
  it('sees of a commit in the log no path that it may not read, whatever its values and counts', async () => {
    const scene = await startGuarded();
    const operations = ['/a/k', '/secret/k', '/a-b/k'].map((path) => ({
      ...({ type: 'put', path, value: 'hidden' } as const),
    }));
    const about = { type: 'commit', requestId: 'both', note: 'why' } as const;
    await scene.ask(scene.admin, (id) => ({ ...about, id, operations }));
    await scene.put('/secret/only', 'hidden');
    const client = await scene.guest('g', [read('/a')]);
    for (const values of [true, false]) {
      const told = await scene.ask(client, (id) => ({ type: 'log', id, path: '/a', values }));
      expect(told).toMatchObject({ commits: [{ note: 'why', changes: [{ path: '/a/k' }] }] });
      expect(JSON.stringify(told)).not.toMatch(/secret|a-b/);
    }
    for (const path of ['/', '/secret', '/a-b'])
      expect(await codeOf(scene, client, (id) => ({ type: 'log', id, path })), path).toBe(
        'forbidden',
      );
    for (const path of ['/secret/k', '/.confer/auth/names/root'])
      expect(await codeOf(scene, client, (id) => ({ type: 'history', id, path })), path).toBe(
        'forbidden',
      );
    const denied = await scene.guest('h', [read('/')], [read('/secret')]);
    expect(await codeOf(scene, denied, (id) => ({ type: 'log', id, path: '/' }))).toBe('forbidden');
    const all = await scene.guest('i', [read('/')]);
    const told = await scene.ask(all, (id) => ({ type: 'log', id, path: '/' }));
    expect(told).toMatchObject({ type: 'logged' });
    expect(JSON.stringify(told)).not.toContain('.confer');
  });
});
