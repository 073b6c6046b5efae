import type { Commit } from '@confer/shared';
import { afterEach, describe, expect, it } from 'vitest';
import type { Client, Watch } from '../../client/src/api.ts';
import { CompactedError } from '../../client/src/errors.ts';
import { Scene } from './scene.ts';

let scene: Scene;

afterEach(async () => {
  expect(await scene.end()).toEqual([]);
});

function open(options?: ConstructorParameters<typeof Scene>[0]) {
  scene = new Scene(options);
  return { writer: scene.client('writer'), reader: scene.client('reader') };
}

const set = (client: Client, path: string, value: string) =>
  scene.settled(client.set(path, value)).then(({ revision }) => revision);

/** A server that starts anew has none of the recent commits in memory. */
function compactTo(revision: number): void {
  scene.server.compact(revision);
  scene.server.crash();
  scene.server.start();
}

/** Collects what a watch hands out, until it ends. */
function collect(watch: Watch) {
  const commits: Commit[] = [];
  const ended = (async () => {
    for await (const commit of watch) commits.push(commit);
  })().then(
    () => undefined,
    (error: unknown) => error,
  );
  return { commits, ended, revisions: () => commits.map(({ revision }) => revision) };
}

async function position(client: Client, revision: number) {
  const { epoch } = await scene.settled(client.serverStatus());
  return { epoch, revision };
}

describe('what has gone wrong with watches elsewhere', () => {
  it('W6 progress never overtakes its stream (etcd #15220)', async () => {
    const { writer, reader } = open({ windowBytes: 300 });
    const seen = collect(reader.watch('/a'));
    await scene.clock.advance(100);
    for (const link of scene.links('reader')) link.pause(true);
    for (let i = 0; i < 20; i++) await set(writer, '/a/b', `${i}`.repeat(200));
    await scene.clock.advance(12_000);
    for (const link of scene.links('reader')) link.pause(false);
    await scene.clock.advance(12_000);
    // The judge of the wire holds each heartbeat against what came after it.
    expect(seen.revisions()).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(scene.sentTo('reader').filter(({ type }) => type === 'heartbeat')).not.toEqual([]);
  });

  it('W9 a watch does not travel in time after a partition (etcd #15271)', async () => {
    const { writer, reader } = open();
    const mirror = reader.mirror('/a');
    const seen: number[] = [];
    await scene.settled(mirror.ready());
    mirror.on('change', ({ revision }) => seen.push(revision));
    await set(writer, '/a/b', '1');
    for (const link of scene.links('reader')) link.silence('both');
    await set(writer, '/a/b', '2');
    await set(writer, '/a/b', '3');
    await scene.clock.advance(60_000);
    expect(mirror.value('/a/b')).toBe('3');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('W2 W5 a resumed watch repeats nothing (etcd #17247)', async () => {
    const { writer, reader } = open();
    const seen = collect(reader.watch('/a'));
    await scene.clock.advance(100);
    for (let i = 0; i < 10; i++) {
      await set(writer, '/a/b', `${i}`);
      for (const link of scene.links('reader')) link.fails(1, true);
    }
    await scene.clock.advance(120_000);
    expect(seen.revisions()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('W3 W10 a starved watch loses nothing (etcd #17529)', async () => {
    const { writer, reader } = open({ windowBytes: 100 });
    const seen = collect(reader.watch('/a'));
    await scene.clock.advance(100);
    for (const link of scene.links('reader')) link.pause(true);
    for (let i = 0; i < 300; i++) await set(writer, '/a/b', `${i}`.repeat(100));
    expect(scene.sentTo('reader').filter(({ type }) => type === 'commits').length).toBeLessThan(3);
    for (const link of scene.links('reader')) link.pause(false);
    await scene.clock.advance(60_000);
    expect(seen.revisions()).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  });

  it('W3 a delete that was compacted is told, not dropped (etcd #18089)', async () => {
    const { writer, reader } = open();
    const before = await set(writer, '/a/b', '1');
    const { revision: deleted } = await scene.settled(writer.remove('/a/b'));
    compactTo(deleted);
    const seen = collect(reader.watch('/a', { after: await position(writer, before) }));
    const mirror = reader.mirror('/a');
    expect(await scene.settled(seen.ended)).toBeInstanceOf(CompactedError);
    expect(seen.commits).toEqual([]);
    expect(mirror.list()).toEqual([]);
  });

  it('W3 W5 a watch from the compacted revision gets the delete after it (etcd #19179)', async () => {
    const { writer, reader } = open();
    const before = await set(writer, '/a/b', '1');
    const { revision: deleted } = await scene.settled(writer.remove('/a/b'));
    compactTo(before);
    const seen = collect(reader.watch('/a', { after: await position(writer, before) }));
    await scene.clock.advance(1_000);
    expect(seen.commits).toMatchObject([
      { revision: deleted, changes: [{ type: 'delete', path: '/a/b' }] },
    ]);
  });

  it('W3 a watch of the future is refused, and never gets the past (etcd #20221)', async () => {
    const { writer, reader } = open();
    await set(writer, '/a/b', '1');
    const seen = collect(reader.watch('/a', { after: await position(writer, 100) }));
    expect(await scene.settled(seen.ended)).toMatchObject({ code: 'future_revision' });
    await set(writer, '/a/b', '2');
    expect(seen.commits).toEqual([]);
  });

  it('W3 W5 compacted, available and future each have their answer (etcd #20349)', async () => {
    const { writer, reader } = open();
    for (let i = 0; i < 6; i++) await set(writer, '/a/b', `${i}`);
    compactTo(3);
    const from = async (revision: number) =>
      collect(reader.watch('/a', { after: await position(writer, revision) }));
    const [compacted, first, last, future] = [
      await from(2),
      await from(3),
      await from(6),
      await from(7),
    ];
    expect(await scene.settled(compacted.ended)).toMatchObject({ compactedRevision: 3 });
    expect(await scene.settled(future.ended)).toMatchObject({ code: 'future_revision' });
    await set(writer, '/a/b', 'new');
    await scene.clock.advance(1_000);
    expect(first.revisions()).toEqual([4, 5, 6, 7]);
    expect(last.revisions()).toEqual([7]);
  });
});

describe('what has gone wrong with stores elsewhere', () => {
  it('S1 S5 a crash loses no acknowledged write and takes no revision back (etcd #14370 #17780)', async () => {
    const { writer } = open({ diskMaxMs: 40 });
    const acknowledged: number[] = [];
    for (let i = 0; i < 30; i++) {
      const writing = writer.set(`/a/${i}`, `${i}`);
      await scene.clock.advance(i);
      scene.server.crash();
      scene.server.start();
      acknowledged.push((await scene.settled(writing)).revision);
      scene.server.compact(scene.server.revision);
    }
    expect(acknowledged).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const { entries } = await scene.settled(writer.list('/a'));
    expect(entries.length).toBe(30);
  });

  it('S5 no revision comes again where deletes are newest, compacted, and it crashes (etcd #17780 #14685)', async () => {
    const { writer, reader } = open({ diskMaxMs: 40 });
    const mirror = reader.mirror('/');
    let newest = 0;
    for (let round = 0; round < 10; round++) {
      for (const path of ['/a', '/b', '/c']) await set(writer, path, `${round}`);
      for (const path of ['/c', '/b', '/a'])
        newest = (await scene.settled(writer.remove(path))).revision;
      scene.server.compact(newest);
      if (round % 2 === 0) await scene.clock.advance(round);
      scene.server.crash();
      scene.server.start();
      expect(await set(writer, '/kept', `${round}`)).toBe(newest + 1);
    }
    await scene.clock.advance(60_000);
    expect(mirror.list().map(({ path, value }) => `${path} ${value}`)).toEqual(['/kept 9']);
  });

  it('S2 S3 a condition on a compacted revision is judged as any other (etcd #18667)', async () => {
    const { writer } = open();
    const first = await set(writer, '/a', '1');
    await set(writer, '/b', '1');
    compactTo(scene.server.revision);
    const operations = [
      { type: 'put' as const, path: '/a', value: '2' },
      { type: 'put' as const, path: '/b', value: '2' },
    ];
    const commit = (modRevision: number) =>
      scene.settled(writer.commit({ operations, conditions: [{ path: '/a', modRevision }] }));
    await expect(commit(first + 1)).rejects.toMatchObject({ code: 'conflict' });
    expect((await scene.settled(writer.get('/b')))?.value).toBe('1');
    await commit(first);
    expect((await scene.settled(writer.get('/b')))?.value).toBe('2');
  });

  it('S1 W8 W9 a copy put in its place is another history, told to each, and kept (etcd #20271)', async () => {
    const { writer, reader } = open();
    await set(writer, '/a', 'old');
    const mirror = reader.mirror('/');
    const seen = collect(reader.watch('/'));
    await scene.settled(mirror.ready());
    const before = mirror.position;
    scene.server.backUp();
    await set(writer, '/a', 'lost');
    scene.server.restore();
    scene.server.start();
    await set(writer, '/b', 'after');
    expect(await scene.settled(seen.ended)).toMatchObject({ code: 'compacted', reason: 'epoch' });
    scene.server.crash();
    scene.server.start();
    await scene.clock.advance(60_000);
    expect(mirror.position?.epoch).not.toBe(before?.epoch);
    expect(mirror.list().map(({ path, value }) => `${path} ${value}`)).toEqual([
      '/a old',
      '/b after',
    ]);
  });

  it('S3 a crash leaves no part of a commit, and mirrors equal the store (etcd #13766)', async () => {
    const { writer, reader } = open({ diskMaxMs: 40 });
    const mirror = reader.mirror('/');
    const put = (path: string, value: string) => ({ type: 'put' as const, path, value });
    for (let i = 0; i < 20; i++) {
      const operations = ['/a', '/b', '/c'].map((path) => put(path, `${i}`));
      const writing = writer.commit({ operations });
      await scene.clock.advance(2 * i);
      scene.server.crash();
      scene.server.start();
      await scene.settled(writing);
      await scene.clock.advance(31_000);
      expect(['/a', '/b', '/c'].map((path) => mirror.value(path))).toEqual(Array(3).fill(`${i}`));
    }
  });

  it('S2 a read across a pause of the server is not stale (etcd #20418)', async () => {
    const { writer, reader } = open();
    await set(writer, '/a', '1');
    await set(reader, '/b', '1');
    scene.server.freeze();
    const reading = reader.get('/a');
    await scene.clock.advance(4_000);
    const writing = writer.set('/a', '2');
    await scene.clock.advance(4_000);
    scene.server.thaw();
    await scene.settled(writing);
    expect((await scene.settled(reader.get('/a')))?.value).toBe('2');
    expect(['1', '2']).toContain((await scene.settled(reading))?.value);
  });
});
