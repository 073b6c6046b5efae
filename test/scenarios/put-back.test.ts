import type { Commit } from '@confer/shared';
import { afterEach, describe, expect, it } from 'vitest';
import type { Client, Mirror, Watch } from '../../client/src/api.ts';
import { Scene } from './scene.ts';

/**
 * A data directory is replaced by an older copy of itself, and nobody says so: the epoch stays, and other
 * commits get the revisions that were lost.
 */
let scene: Scene;

afterEach(async () => {
  expect(await scene.end()).toEqual([]);
});

async function open() {
  scene = new Scene();
  const writer = scene.client('writer');
  const reader = scene.client('reader');
  for (let i = 1; i <= 3; i++) await set(writer, '/a', `before ${i}`);
  scene.server.backUp();
  return { writer, reader };
}

const set = (client: Client, path: string, value: string) =>
  scene.settled(client.set(path, value)).then(({ revision }) => revision);

function putBack(): void {
  scene.server.putBack();
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
  return { commits, ended };
}

const shown = (mirror: Mirror) => mirror.list().map(({ path, value }) => `${path} ${value}`);

async function held(client: Client) {
  const { entries } = await scene.settled(client.list('/'));
  return entries.map(({ path, value }) => `${path} ${value}`);
}

describe('when an older copy of the data is put back by hand, under the same epoch,', () => {
  it.each<[string, number]>([
    ['is behind them', 1],
    ['is where they are', 2],
    ['has passed them', 6],
  ])('W3 W7 those who were ahead are told and resync, once it %s', async (_, writes) => {
    const { writer, reader } = await open();
    const mirror = reader.mirror('/');
    const watch = reader.watch('/');
    const seen = collect(watch);
    await scene.settled(mirror.ready());
    await set(writer, '/a', 'lost');
    await set(writer, '/b', 'lost');
    const { position } = watch;
    expect([mirror.position, position]).toEqual([
      position,
      expect.objectContaining({ revision: 5 }),
    ]);

    for (const link of scene.links('reader')) link.cut();
    putBack();
    for (let i = 1; i <= writes; i++) await set(writer, '/a', `after ${i}`);
    expect(await scene.settled(seen.ended)).toMatchObject({ code: 'compacted', reason: 'epoch' });
    expect(seen.commits.map(({ revision }) => revision)).toEqual([4, 5]);
    await scene.clock.advance(60_000);
    expect(mirror).toMatchObject({ status: 'live', revision: 3 + writes });
    expect(shown(mirror)).toEqual([`/a after ${writes}`]);
    expect(shown(mirror)).toEqual(await held(writer));
    expect(mirror.position?.epoch).toBe(position?.epoch);

    const saved = collect(reader.watch('/', position === undefined ? {} : { after: position }));
    expect(await scene.settled(saved.ended)).toMatchObject({ reason: 'epoch' });
    expect(saved.commits).toEqual([]);
  });

  it('W5 those who were not ahead continue, and miss nothing', async () => {
    const { writer, reader } = await open();
    const mirror = reader.mirror('/');
    const seen = collect(reader.watch('/'));
    await scene.settled(mirror.ready());
    for (const link of scene.links('reader')) link.silence('both');
    await set(writer, '/a', 'lost');
    putBack();
    await set(writer, '/a', 'after');
    await scene.clock.advance(60_000);
    expect(seen.commits).toMatchObject([{ revision: 4, changes: [{ entry: { value: 'after' } }] }]);
    expect(shown(mirror)).toEqual(['/a after']);
    expect(scene.sentTo('reader').filter(({ type }) => type === 'resync')).toEqual([]);
    expect(reader.diagnostics().watches).toMatchObject([{ status: 'live' }, { status: 'live' }]);
  });

  it('W5 a restart alone is no other history', async () => {
    const { writer, reader } = await open();
    const mirror = reader.mirror('/');
    const seen = collect(reader.watch('/'));
    await scene.settled(mirror.ready());
    for (let i = 0; i < 5; i++) {
      await set(writer, '/a', `${i}`);
      scene.server.crash();
      scene.server.start();
    }
    await scene.clock.advance(60_000);
    expect(seen.commits.map(({ revision }) => revision)).toEqual([4, 5, 6, 7, 8]);
    expect(scene.sentTo('reader').filter(({ type }) => type === 'resync')).toEqual([]);
    expect(mirror).toMatchObject({ status: 'live', revision: 8 });
  });

  it('W12 a write to it is shown by a mirror that was ahead, before it returns', async () => {
    const { writer } = await open();
    const mirror = writer.mirror('/');
    await scene.settled(mirror.ready());
    for (let i = 0; i < 5; i++) await set(writer, '/b', `lost ${i}`);
    putBack();
    const written = writer.set('/b', 'kept').then(() => shown(mirror));
    expect(await scene.settled(written)).toEqual(['/a before 3', '/b kept']);
  });
});
