import type { DownMessage, Position, WatchMode } from '@confer/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import { Kept, ON_ETCD } from '../test-support/kept.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

/**
 * A store that was opened three times, so that its timelines begin after 0, 2 and 4. A position of the
 * first one at 3 is of somebody who saw another copy of it go on. A cluster has one timeline alone: there, each of
 * these positions is of somebody else.
 */
let scene: Scene;
let place: (timeline: 0 | 1 | 2 | 'elsewhere', revision: number) => Position;

beforeEach(async () => {
  const kept = new Kept();
  for (let start = 0; start < 3; start++) {
    scene = await startCore({ kept });
    for (let i = 0; i < 2; i++) await scene.put('/app/a', `${start}.${i}`);
  }
  const { epoch, timelines } = scene.engine;
  const ids = timelines.map(({ id }) => id);
  place = (timeline, revision) => ({
    epoch,
    revision: scene.revisionOf(revision),
    timeline: (timeline === 'elsewhere' ? undefined : ids[timeline]) ?? timeline.toString(),
  });
});

function watch(mode: WatchMode, after: Position): RawClient {
  const client = RawClient.open(scene.core);
  client.send({ type: 'watch', id: 1, path: '/app', mode, after });
  return client;
}

const typesOf = (messages: readonly DownMessage[]) => messages.map(({ type }) => type);

describe.skipIf(ON_ETCD)(
  'a position that names its timeline (on the memory engine: a cluster has one)',
  () => {
    it('W5 is continued up to where the next timeline begins, in both modes', async () => {
      for (const after of [place(0, 1), place(0, 2), place(1, 4), place(2, 5)]) {
        const events = watch('events', after);
        const state = watch('state', after);
        await scene.settle();
        expect(events.take('watching').revision).toBe(after.revision);
        expect(events.take('commits')).toMatchObject({ from: after.revision, to: 6 });
        expect(typesOf(state.received)).toEqual(['watching', 'commits', 'synced']);
      }
    });

    it.each<['elsewhere' | 0 | 1, number]>([
      [0, 3],
      [0, 6],
      [1, 5],
      ['elsewhere', 1],
    ])(
      'W3 is of another history beyond that (timeline %s, revision %i), and told so',
      async (timeline, revision) => {
        const events = watch('events', place(timeline, revision));
        const state = watch('state', place(timeline, revision));
        await scene.settle();
        events.take('watching');
        expect(events.take('compacted')).toMatchObject({ reason: 'epoch', revision: 6 });
        state.take('watching');
        expect(state.take('resync').reason).toBe('epoch');
        expect(typesOf(state.received)).toEqual(['snapshot', 'synced']);
      },
    );

    it('W3 is told so also where it is ahead of the store', async () => {
      const events = watch('events', place(1, 99));
      await scene.settle();
      expect(typesOf(events.received)).toEqual(['watching', 'compacted']);
    });

    it('is that of the `welcome` for whoever connects now', () => {
      const client = new RawClient(scene.core);
      client.send({ type: 'hello', version: 1 });
      expect(client.take('welcome')).toMatchObject(place(2, 6));
    });
  },
);

describe('an event watch that has yet to be told', () => {
  it('W3 W6 no heartbeat moves it on before that', async () => {
    const client = watch('events', place(1, 6));
    scene.clock.advanceAtOnce(10_000);
    expect(client.take('watching').revision).toBe(scene.revisionOf(6));
    expect(client.take('heartbeat').revision).toBe(0);
    await scene.settle();
    client.take('compacted');
    scene.clock.advanceAtOnce(10_000);
    expect(client.take('heartbeat').revision).toBe(scene.revisionOf(6));
  });

  it('W12 an answer comes after that, and does come', async () => {
    const client = watch('events', place(1, 6));
    const operations = [{ type: 'put' as const, path: '/app/a', value: 'new' }];
    client.send({ type: 'commit', id: 2, requestId: 'r', operations });
    await scene.settle();
    expect(typesOf(client.received)).toEqual(['watching', 'compacted', 'committed']);
  });
});
