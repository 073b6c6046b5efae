import { describe, expect, it } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

/** What a connection was told of, in any frame, by path. */
function pathsIn(client: RawClient): string[] {
  const text = client.received.map((message) => JSON.stringify(message)).join('\n');
  return [...text.matchAll(/"path":"([^"]+)"/g)].map((match) => match[1] ?? '');
}

describe('what is named .confer', () => {
  it('S6 W7 is in no watch, snapshot or list of what is above it, and is told to who asks for it', async () => {
    const { core, engine, put, settle } = await startCore();
    await put('/.confer/auth/a', '1');
    await put('/a/.confer/b', '1');
    await put('/a/c', '1');
    const above = RawClient.open(core);
    const within = RawClient.open(core);
    above.send({ type: 'watch', id: 1, path: '/', mode: 'state' });
    above.send({ type: 'watch', id: 2, path: '/a', mode: 'events' });
    within.send({ type: 'watch', id: 1, path: '/.confer', mode: 'state' });
    within.send({ type: 'watch', id: 2, path: '/a/.confer', mode: 'state' });
    await settle();
    await put('/.confer/auth/a', '2');
    await put('/a/.confer/b', '2');
    await put('/a/c', '2');
    above.send({ type: 'list', id: 3, path: '/', depth: 1 });
    above.send({ type: 'verify', id: 4, watch: 'w1' });
    await settle();
    expect(new Set(pathsIn(above))).toEqual(new Set(['/a/c']));
    expect(above.received).toContainEqual(
      expect.objectContaining({ type: 'listed', entries: [], folders: ['/a'] }),
    );
    expect(above.received.filter(({ type }) => type === 'synced').at(-1)).toMatchObject({
      revision: engine.reads.revision,
      entries: 1,
    });
    expect(pathsIn(within)).toEqual([
      '/.confer/auth/a',
      '/a/.confer/b',
      '/.confer/auth/a',
      '/a/.confer/b',
    ]);
  });

  it('S6 outlives a removal of everything, which says what it took', async () => {
    const { core, engine, put, settle } = await startCore();
    await put('/.confer/a', '1');
    await put('/a/.confer/b', '1');
    await put('/a/c', '1');
    const client = RawClient.open(core);
    client.send({ type: 'watch', id: 1, path: '/', mode: 'state', clears: true });
    await settle();
    const operations = [{ type: 'delete', path: '/', recursive: true } as const];
    client.send({ type: 'commit', id: 2, requestId: 'r', operations });
    await settle();
    expect(client.received.at(-1)).toMatchObject({ type: 'committed', deletes: 1 });
    expect(engine.reads.get('/.confer/a')?.value).toBe('1');
    expect(engine.reads.get('/a/.confer/b')?.value).toBe('1');
  });
});
