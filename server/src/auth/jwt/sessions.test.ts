import { expect, it } from 'vitest';
import { startGuarded } from '../../test-support/guarded-scene.ts';
import { RawClient } from '../../test-support/raw-client.ts';
import type { JwtPrincipal } from './claims.ts';
import type { JwtVerifier } from './jwt.ts';
import { TokenRefused } from './refusal.ts';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln';
const read = (on: string) => ({ verbs: ['read'] as const, on });

/** Signed tokens that are looked at for as long as a test says. */
class SlowVerifier implements JwtVerifier {
  #finish: ((principal: JwtPrincipal | Error) => void)[] = [];

  verify(): Promise<JwtPrincipal> {
    return new Promise((resolve, reject) => {
      this.#finish.push((told) => (told instanceof Error ? reject(told) : resolve(told)));
    });
  }

  finish(told: JwtPrincipal | Error): void {
    for (const finish of this.#finish.splice(0)) finish(told);
  }
}

async function start() {
  const signatures = new SlowVerifier();
  const scene = await startGuarded({ signatures });
  await scene.setRole({ name: 'reader', allow: [read('/a')] });
  const alice: JwtPrincipal = {
    ...{ name: 'acme:alice', issuer: 'acme', roles: ['reader'], ceiling: 'reader' },
    ...{ expiresAt: scene.clock.now() + 600_000, tokenHash: 'x' },
  };
  return { scene, signatures, alice };
}

it.each([0, 1, 2, 3, 4, 5])(
  'W11 is let in with the rights of the moment, where they change %i steps before',
  async (steps) => {
    const { scene, signatures, alice } = await start();
    const client = new RawClient(scene.core);
    client.send({ type: 'hello', version: 1, token: TOKEN });
    signatures.finish(alice);
    for (let i = 0; i < steps; i++) await undefined;
    await scene.remove('/.confer/auth/roles/reader');
    client.take('welcome');
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    await scene.settle();
    expect(client.received).toMatchObject([{ type: 'error', code: 'forbidden' }]);
  },
);

it.each([0, 1, 2, 3, 4, 5])(
  'W11 goes on with the rights of the moment, where they change %i steps before',
  async (steps) => {
    const { scene, signatures, alice } = await start();
    const client = new RawClient(scene.core);
    client.send({ type: 'hello', version: 1, token: TOKEN });
    signatures.finish(alice);
    await scene.settle();
    client.send({ type: 'renew', id: 1, token: TOKEN });
    signatures.finish({ ...alice, expiresAt: alice.expiresAt + 1 });
    for (let i = 0; i < steps; i++) await undefined;
    await scene.remove('/.confer/auth/roles/reader');
    client.send({ type: 'watch', id: 2, path: '/a', mode: 'events' });
    await scene.settle();
    expect(client.received.at(-1)).toMatchObject({ type: 'error', code: 'forbidden' });
  },
);

it('answers a renewal that nobody expected to fail, and the server lives', async () => {
  const { scene, signatures, alice } = await start();
  const client = new RawClient(scene.core);
  client.send({ type: 'hello', version: 1, token: TOKEN });
  signatures.finish(alice);
  await scene.settle();
  client.take('welcome');
  client.send({ type: 'renew', id: 1, token: TOKEN });
  signatures.finish(new Error('the library threw'));
  await scene.settle();
  expect(client.received).toMatchObject([{ type: 'error', id: 1, code: 'internal' }]);
  client.send({ type: 'renew', id: 2, token: TOKEN });
  signatures.finish(new TokenRefused('no key', 'unavailable'));
  await scene.settle();
  expect(client.received[1]).toMatchObject({ type: 'error', id: 2, code: 'unavailable' });
});

it('is told by whoami what keeps it within less than its roles give', async () => {
  const { scene, signatures, alice } = await start();
  const client = new RawClient(scene.core);
  client.send({ type: 'hello', version: 1, token: TOKEN });
  signatures.finish({ ...alice, narrowing: { read: ['/a/public'], write: [] } });
  await scene.settle();
  client.take('welcome');
  expect(await scene.ask(client, (id) => ({ type: 'whoami', id }))).toMatchObject({
    allow: [read('/a')],
    within: [
      { allow: [read('/a')], deny: [] },
      { allow: [read('/a/public')], deny: [] },
    ],
  });
  await scene.put('/.confer/auth/roles/reader', 'no JSON');
  expect(await scene.ask(client, (id) => ({ type: 'whoami', id }))).toMatchObject({ allow: [] });
});
