import type { Leases } from '@confer/shared';
import { expect, it } from 'vitest';
import { grantLease } from '../coordination.ts';
import { startConnected } from '../test-support/scene.ts';

const ID = '00000000000000a1';

it.each<[string, Leases['leases']]>([
  ['none', []],
  ['one whose id is none', [{ lease: '', ttlMs: 5_000 }]],
  // Its holder would believe to have it for longer than the server keeps it.
  ['a shorter one than was asked for', [{ lease: ID, ttlMs: 2_000 }]],
])('a lease is not believed of a server that answers with %s', async (_, leases) => {
  const { client, server } = startConnected();
  const granted = grantLease(client, { ttlMs: 5_000 });
  const { id } = server.take('grantLease');
  server.say({ type: 'leases', id, revision: 1, leases });
  await expect(granted).rejects.toMatchObject({ code: 'bad_message' });
});

it('a lease may be longer than was asked for, as where a cluster has a least time of its own', async () => {
  const { client, server } = startConnected();
  const granted = grantLease(client, { ttlMs: 5_000 });
  const { id } = server.take('grantLease');
  server.say({ type: 'leases', id, revision: 1, leases: [{ lease: ID, ttlMs: 9_000 }] });
  expect(await granted).toMatchObject({ id: ID, ttlMs: 5_000, status: 'held' });
});

it('a lease that is kept for less than it was granted for is lost as if nobody had kept it', async () => {
  const { client, server, clock, errors } = startConnected();
  const granted = grantLease(client, { ttlMs: 6_000 });
  const { id } = server.take('grantLease');
  server.say({ type: 'leases', id, revision: 1, leases: [{ lease: ID, ttlMs: 6_000 }] });
  const lease = await granted;
  for (let n = 0; n < 2; n++) {
    await clock.advance(2_000);
    const keeping = server.take('keepAlive');
    const leases = [{ lease: ID, ttlMs: 2_000 }];
    server.say({ type: 'leases', id: keeping.id, revision: 1, leases });
  }
  expect(errors).toMatchObject([{ code: 'bad_message' }, { code: 'bad_message' }]);
  await clock.advance(2_000);
  expect(lease.loss?.reason).toBe('unconfirmed');
});
