import type { DownMessage } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { ConferError } from '../errors.ts';
import type { FakeServerSocket } from '../test-support/fake-network.ts';
import {
  batch,
  toMirrors,
  toWatches,
  type Violation,
} from '../test-support/protocol-violations.ts';
import { commit, put, startClient, startConnected, startMirrored } from '../test-support/scene.ts';

function rows(violations: readonly Violation[]) {
  return violations.map(([what, reason, ...frames]) => ({ what, reason, frames }));
}

function say(server: FakeServerSocket, frames: readonly (DownMessage | string)[]): void {
  for (const frame of frames)
    if (typeof frame === 'string') server.sayRaw(frame);
    else server.say(frame);
}

/** The connection ended as the server's fault, and the user was told why. */
function expectRefused({ network, errors }: ReturnType<typeof startClient>, reason: string): void {
  expect(network.connections[0]?.closedBy?.code).toBe(4400);
  const [error] = errors;
  expect(error).toBeInstanceOf(ConferError);
  expect(error).toMatchObject({ code: 'bad_message', message: expect.stringContaining(reason) });
}

describe('what breaks the protocol is not believed', () => {
  test.each(rows(toMirrors))('by a mirror: $what', async ({ reason, frames }) => {
    const scene = startMirrored();
    const { mirror, network, clock } = scene;
    say(scene.server, frames);
    expectRefused(scene, reason);
    expect(mirror.status).toBe('stale');
    expect(mirror.list().map(({ value }) => value)).toEqual(['a', 'b', 'c']);
    // The next connection starts clean.
    await clock.advance(250);
    network.last.welcome({ revision: 5 });
    const watch = network.last.acceptWatch();
    network.last.say({ type: 'synced', watch, revision: mirror.revision ?? 0 });
    expect(mirror.status).toBe('live');
    expect(scene.errors).toHaveLength(1);
  });

  test.each(rows(toWatches))('by an event watch: $what', async ({ reason, frames }) => {
    const scene = startConnected();
    const reader = scene.client.watch('/app', { after: { epoch: 'e1', revision: 5 } });
    scene.server.acceptWatch();
    say(scene.server, frames);
    expectRefused(scene, reason);
    await scene.clock.advance(250);
    scene.network.last.welcome({ revision: 9 });
    const watch = scene.network.last.acceptWatch();
    const next = reader.next();
    const revision = (reader.position?.revision ?? 0) + 1;
    scene.network.last.say({
      ...batch(revision - 1, revision, commit(revision, put('/app/z', 'z'))),
      watch,
    });
    expect((await next).value?.changes[0]?.path).toBe('/app/z');
  });
});

describe('what breaks the protocol of a whole connection is not believed:', () => {
  test('one name for two watches', () => {
    const scene = startMirrored();
    scene.client.mirror('/other');
    const { id } = scene.server.take('watch');
    scene.server.say({ type: 'watching', id, watch: 'w1', revision: 5 });
    expectRefused(scene, 'the name w1 for two watches');
  });

  test('a watch that is answered with a reply of another type', () => {
    const scene = startConnected();
    scene.client.mirror('/app');
    scene.server.say({ type: 'unwatched', id: scene.server.take('watch').id });
    expectRefused(scene, 'unwatched for the watch of /app');
  });

  test.each([0, -1, 3_600_001, 2 ** 53 - 1, 2 ** 53])('a heartbeat every %d ms', (heartbeatMs) => {
    const scene = startClient();
    scene.network.last.welcome({ heartbeatMs });
    expectRefused(scene, 'heartbeat');
  });

  test('W9: a history that was left and comes back older on the same timeline', async () => {
    const scene = startConnected();
    const { network, clock } = scene;
    const come = async (welcome: { epoch: string; timeline: string; revision: number }) => {
      network.last.end();
      await clock.advance(30_000);
      network.last.welcome(welcome);
      return network.last;
    };
    const server = await come({ epoch: 'e1', timeline: 't1', revision: 3 });
    server.say({ type: 'heartbeat', revision: 5 });
    await come({ epoch: 'e2', timeline: 't2', revision: 1 });
    // Put back by hand, it may be older, on another timeline.
    expect((await come({ epoch: 'e1', timeline: 't3', revision: 4 })).closedBy).toBeUndefined();
    const old = await come({ epoch: 'e1', timeline: 't1', revision: 4 });
    expect(old.closedBy?.code).toBe(4400);
    expect(scene.errors).toMatchObject([{ code: 'bad_message' }]);
    expect((await come({ epoch: 'e1', timeline: 't1', revision: 5 })).closedBy).toBeUndefined();
  });
});
