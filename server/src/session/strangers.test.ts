import { expect, it } from 'vitest';
import type { JwtPrincipal } from '../auth/jwt/claims.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

it('says of a connection that it is known as soon as its token is, and not before', async () => {
  const scene = await startGuarded();
  const silent = new RawClient(scene.core);
  expect(silent.isKnown).toBe(false);
  silent.send({ type: 'hello', version: 1, token: 'no token' });
  expect([silent.isKnown, silent.closed?.code]).toEqual([false, 4401]);
  expect(RawClient.as(scene.core, scene.adminToken).isKnown).toBe(true);
  expect(RawClient.open((await startCore()).core).isKnown).toBe(true);
});

it('ends a connection that says nothing while others wait, and tells it why', async () => {
  const scene = await startGuarded();
  const before = scene.core.counters();
  const silent = new RawClient(scene.core);
  silent.crowd();
  expect(silent.closed).toEqual({
    code: 4420,
    reason: 'it has said nothing, and others wait to come in',
  });
  const after = scene.core.counters();
  expect(after['connectionsEnded.rate_limited']).toBe(
    (before['connectionsEnded.rate_limited'] ?? 0) + 1,
  );
});

it('ends nobody for the sake of others whose token it is looking at, or who is known', async () => {
  let finish = (_: JwtPrincipal) => {};
  const verify = () =>
    new Promise<JwtPrincipal>((resolve) => {
      finish = resolve;
    });
  const scene = await startGuarded({ signatures: { verify } });
  const client = new RawClient(scene.core);
  client.send({ type: 'hello', version: 1, token: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln' });
  client.crowd();
  expect([client.closed, client.isKnown]).toEqual([undefined, false]);
  finish({
    ...{ name: 'acme:alice', issuer: 'acme', roles: [], ceiling: 'reader' },
    ...{ expiresAt: scene.clock.now() + 600_000, tokenHash: 'x' },
  });
  await scene.settle();
  client.take('welcome');
  client.crowd();
  expect([client.closed, client.isKnown]).toEqual([undefined, true]);
});
