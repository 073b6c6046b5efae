import { Digest } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { entry, giveState, startMirrored } from '../test-support/scene.ts';

function digestOf(...entries: readonly { path: string; modRevision: number }[]): string {
  const digest = new Digest();
  for (const { path, modRevision } of entries) digest.add(path, modRevision);
  return digest.toString();
}

describe('W7: `verify` of a mirror', () => {
  test('resolves to true where the server has the same', async () => {
    const { errors, mirror, server, watch } = startMirrored();
    const verified = mirror.verify();
    expect(server.sent.at(-1)).toMatchObject({ type: 'verify', watch });
    const digest = digestOf(...mirror.list());
    server.say({ type: 'synced', watch, revision: 9, entries: 3, digest });
    expect(await verified).toBe(true);
    expect(mirror).toMatchObject({ status: 'live', revision: 9 });
    expect(errors).toEqual([]);
  });

  test('resolves to false where the server has something else, which is reported and repaired', async () => {
    const { clock, errors, mirror, server, watch } = startMirrored();
    const verified = mirror.verify();
    server.say({ type: 'synced', watch, revision: 5, entries: 3, digest: 'feedfeedfeedfeed' });
    expect(await verified).toBe(false);
    expect(errors).toMatchObject([{ code: 'internal', path: '/app' }]);
    expect(mirror).toMatchObject({ status: 'stale', size: 3 });
    await clock.advance(250);
    giveState(server, 9, entry('/app/a', 'A', 9));
    expect(mirror).toMatchObject({ status: 'live', size: 1 });
  });

  test('asks once the mirror is live, where it was not', async () => {
    const { clock, mirror, network, server } = startMirrored();
    server.end();
    const verified = mirror.verify({ timeoutMs: 60_000 });
    await clock.advance(250);
    network.last.welcome();
    const watch = network.last.acceptWatch();
    network.last.say({ type: 'synced', watch, revision: 5 });
    expect(network.last.sent.at(-1)).toMatchObject({ type: 'verify', watch });
    const digest = digestOf(...mirror.list());
    network.last.say({ type: 'synced', watch, revision: 5, entries: 3, digest });
    expect(await verified).toBe(true);
  });

  test('is rejected when its time is up, and when the mirror is closed', async () => {
    const { clock, mirror } = startMirrored();
    const late = expect(mirror.verify({ timeoutMs: 100 })).rejects.toThrow(
      'the mirror of /app was not verified within 100 ms',
    );
    await clock.advance(100);
    await late;
    const closed = expect(mirror.verify()).rejects.toMatchObject({ code: 'closed' });
    mirror.close();
    await closed;
    await expect(mirror.verify()).rejects.toMatchObject({ code: 'closed' });
  });
});
