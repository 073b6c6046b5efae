import { CompactedError } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { codeOf, stages } from './testing-stage.ts';

describe.each(stages)('one story, as it goes over %s', (_, over) => {
  it('S3 W3 W4 W12 writes, conditions and changes come to the same', async () => {
    await over(async ({ client }) => {
      const [writer, reader] = [client('writer'), client('reader')];
      const mirror = reader.mirror('/shop');
      const own = writer.mirror('/shop');
      await Promise.all([mirror.ready(), own.ready()]);
      const told: unknown[] = [];
      const watch = reader.watch('/shop', { prev: true });
      await watch.started();
      mirror.on('change', ({ revision, origin, commit, changes }) =>
        told.push([revision, origin, commit?.actor, commit?.note, changes.map(({ path }) => path)]),
      );
      const operations = ['/shop/b', '/shop/a', '/shop/a/x', '/apple'].map((path) => ({
        ...{ type: 'put', path, value: '1' },
      })) satisfies { type: 'put' }[];
      expect(await writer.commit({ operations, note: 'first' })).toEqual({
        ...{ revision: 1, puts: 4, deletes: 0 },
      });
      expect(own.size).toBe(3);
      expect(await writer.remove('/shop/none')).toEqual({ revision: 1, removed: 0 });
      expect(await writer.set('/shop/b', '2', { ifRevision: 1 })).toEqual({ revision: 2 });
      expect(await codeOf(writer.set('/shop/b', '3', { ifRevision: 1 }))).toBe('conflict');
      expect(await codeOf(writer.set('/.confer/x', '1'))).toBe('reserved_path');
      expect(await codeOf(writer.set('/shop/b', 'x'.repeat(1_048_577)))).toBe('too_large');
      const again = await writer.commit({
        operations: [
          { type: 'delete', path: '/shop', recursive: true },
          { type: 'put', path: '/shop/a', value: '2' },
        ],
      });
      expect(again).toEqual({ revision: 3, puts: 1, deletes: 2 });
      await mirror.waitFor(3);
      expect(told).toEqual([
        [1, 'live', 'writer', 'first', ['/shop/a', '/shop/a/x', '/shop/b']],
        [2, 'live', 'writer', undefined, ['/shop/b']],
        [3, 'live', 'writer', undefined, ['/shop/a', '/shop/a/x', '/shop/b']],
      ]);
      expect(mirror.get('/shop/a')).toMatchObject({ createRevision: 1, version: 2 });
      await watch.next();
      expect((await watch.next()).value).toMatchObject({
        changes: [{ type: 'put', entry: { value: '2' }, prev: { value: '1', modRevision: 1 } }],
      });
      expect([await mirror.verify(), await own.verify()]).toEqual([true, true]);
    });
  });

  it('lists come to the same, by depth and over pages', async () => {
    await over(async ({ client }) => {
      const writer = client('writer');
      const paths = ['/a/b/c', '/a/b', '/a-b', '/a', '/d/e/f', '/d/e/g'];
      const many = Array.from({ length: 10_500 }, (_, i) => `/many/${i}`);
      await writer.commit({
        operations: [...paths, ...many].map((path) => ({ type: 'put', path, value: path })),
      });
      for (const depth of [0, 1, 2]) {
        const { entries, folders } = await writer.list('/', { depth });
        expect([entries.map(({ path }) => path), folders]).toEqual(
          [
            [[], ['/']],
            [
              ['/a', '/a-b'],
              ['/a', '/d', '/many'],
            ],
            [
              ['/a', '/a/b', '/a-b', ...many.toSorted()],
              ['/a/b', '/d/e'],
            ],
          ][depth],
        );
      }
      expect((await writer.list('/many')).entries).toHaveLength(10_500);
      expect(await codeOf(writer.list('/none'))).toBe('done');
    });
  });

  it('W3 W5 W9 restarts and compactions come to the same', async () => {
    await over(async ({ client, restart, until }) => {
      const [writer, reader] = [client('writer'), client('reader')];
      const mirror = reader.mirror('/');
      await mirror.ready();
      const statuses: string[] = [];
      mirror.on('status', ({ to }) => statuses.push(to));
      await writer.set('/a', '1');
      await mirror.waitFor(1);
      const { position } = mirror;
      await restart();
      await until(() => statuses.at(-1) === 'live');
      expect(statuses).toEqual(['stale', 'live']);
      await until(() => writer.status.kind === 'open');
      expect(await writer.set('/a', '2')).toEqual({ revision: 2 });
      const late = reader.watch('/', { ...(position && { after: position }) });
      expect((await late.next()).value).toMatchObject({ revision: 2 });
      expect(await writer.compact()).toEqual({ compactedRevision: 2 });
      expect(await codeOf(writer.compact(3))).toBe('future_revision');
      // A server may have in memory what its history has no more, and tells of it then.
      await restart();
      await until(() => [writer, reader].every(({ status }) => status.kind === 'open'));
      const lost = reader.watch('/', { ...(position && { after: position }) });
      const error = await lost.next().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(CompactedError);
      expect(error).toMatchObject({ reason: 'compacted', compactedRevision: 2 });
      const ahead = reader.watch('/', { after: { epoch: position?.epoch ?? '', revision: 9 } });
      expect(await codeOf(ahead.next())).toBe('future_revision');
      const foreign = reader.watch('/', { after: { epoch: 'another', revision: 1 } });
      expect(await foreign.next().catch((caught: unknown) => caught)).toMatchObject({
        ...{ code: 'compacted', reason: 'epoch' },
      });
      const {
        epoch: _,
        engine: __,
        version: ___,
        uptimeMs: ____,
        ...status
      } = await writer.serverStatus();
      expect(status).toMatchObject({
        revision: 2,
        compactedRevision: 2,
        entries: 1,
        connections: 2,
      });
    });
  });
});
