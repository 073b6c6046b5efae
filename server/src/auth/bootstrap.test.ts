import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemRuntime } from '../runtime.ts';
import { type GuardedScene, startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';
import { Bootstrap } from './bootstrap.ts';
import { newToken, tokenText } from './token.ts';

async function startFirst() {
  const directory = mkdtempSync(join(tmpdir(), 'confer-bootstrap-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const said: string[] = [];
  const bootstrap = new Bootstrap({
    ...{ directory, tokenFile: undefined, clock: systemRuntime.clock },
    newSecret: systemRuntime.newSecret,
    log: (_, message) => said.push(message),
  });
  const scene = await startCore({ auth: { bootstrap: () => bootstrap.secret } });
  if (scene.core.administration === undefined) throw new Error('there are rights');
  await bootstrap.prepare(scene.core.administration);
  const file = join(directory, 'bootstrap-token');
  return { ...scene, file, token: readFileSync(file, 'utf8').trim(), bootstrapSaid: said };
}

it('leaves a token in a file that only its owner can read, and shows it nowhere else (attack 20)', async () => {
  const { file, token, bootstrapSaid } = await startFirst();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(bootstrapSaid).toEqual([expect.stringContaining(file)]);
  expect(bootstrapSaid.join()).not.toContain(token);
});

it('tells the first admin the token before the one that made it is over (attack 34)', async () => {
  const { core, settle, file, token } = await startFirst();
  const first = RawClient.as(core, token);
  const late = RawClient.as(core, token);
  first.send({ type: 'createToken', id: 1, name: 'root', roles: ['admin'], expiresAt: null });
  await settle();
  expect(first.received).toMatchObject([{ type: 'tokenMade', id: 1 }]);
  expect(first.closed).toBeUndefined();
  for (const client of [first, late])
    client.send({ type: 'createToken', id: 2, name: 'other', roles: ['admin'], expiresAt: null });
  await settle();
  for (const client of [first, late])
    expect(client.received.at(-1)).toMatchObject({
      ...{ type: 'error', id: 2, code: 'forbidden' },
      message: expect.stringContaining('the bootstrap token was used'),
    });
  await vi.waitFor(() => expect(existsSync(file)).toBe(false));
  const again = new RawClient(core);
  again.send({ type: 'hello', version: 1, token });
  expect(again.closed?.code).toBe(4401);
});

/** What a start with `--bootstrap-token-file` does, of a token that is in it. */
async function handIn({ core, clock }: GuardedScene, token: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'confer-bootstrap-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const tokenFile = join(directory, 'own.token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const { newSecret } = systemRuntime;
  const bootstrap = new Bootstrap({
    directory: undefined,
    tokenFile,
    clock,
    newSecret,
    log: () => {},
  });
  if (core.administration === undefined) throw new Error('there are rights');
  await bootstrap.prepare(core.administration);
}

it('takes a token that is handed in once nobody is an admin any more, but not one that was disabled', async () => {
  const scene = await startGuarded();
  const change = (about: object) =>
    scene.ask(scene.admin, (id) => ({ type: 'updateToken', id, token: 'root', ...about }));
  const endAll = async () => {
    await change({ expiresAt: scene.clock.now() + 1_000 });
    scene.clock.advanceAtOnce(1_000);
  };
  const first = tokenText(newToken(systemRuntime.newSecret));
  await endAll();
  await handIn(scene, first);
  const operator = RawClient.as(scene.core, first);
  await scene.ask(operator, (id) => ({
    type: 'createToken',
    id,
    name: 'other',
    roles: ['admin'],
    expiresAt: scene.clock.now() + 1_000,
  }));
  const other = await scene.ask(operator, (id) => ({
    type: 'rotateToken',
    id,
    token: 'other',
    overlapMs: 0,
  }));
  const ending = RawClient.as(scene.core, other.type === 'tokenMade' ? other.token : '');
  expect(
    await scene.ask(ending, (id) => ({
      type: 'updateToken',
      id,
      token: 'operator',
      disabled: true,
    })),
  ).toMatchObject({ type: 'authChanged' });
  scene.clock.advanceAtOnce(1_000);
  await expect(handIn(scene, first)).rejects.toMatchObject({
    ...{ kind: 'refused', message: expect.stringContaining('it is the token operator') },
  });
  const second = tokenText(newToken(systemRuntime.newSecret));
  await handIn(scene, second);
  expect(
    await scene.ask(RawClient.as(scene.core, second), (id) => ({ type: 'whoami', id })),
  ).toMatchObject({
    ...{ principal: `operator-${second.slice(4, 16)}`, roles: ['admin'] },
  });
  const again = new RawClient(scene.core);
  again.send({ type: 'hello', version: 1, token: first });
  expect(again.closed?.code).toBe(4401);
});
