import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText } from '@confer/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratchDirectory } from '../support/scratch.ts';

const scratch = scratchDirectory();
const ending: (() => Promise<unknown>)[] = [];
let url = '';
let admin: ReturnType<typeof administrationOf>;
beforeEach(async () => {
  const token = newTokenText();
  const file = join(scratch.path, 'own.token');
  writeFileSync(file, token, { mode: 0o600 });
  const server = await createServer({
    ...{ engine: 'memory', port: 0, auth: 'on', bootstrapTokenFile: file },
  });
  url = server.url;
  const root = connect(url, { token });
  ending.push(
    () => server.close(),
    () => root.close(),
  );
  admin = administrationOf(root);
});
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A client of somebody who may do this, and nothing else. */
async function guest(name: string, ...grants: readonly string[]) {
  const allow = grants.map((grant) => {
    const [verb = '', on = ''] = grant.split(':');
    return { verbs: verb.split('+') as ('read' | 'write')[], on };
  });
  await admin.roles.set(name, { allow });
  const { token } = await admin.tokens.create({ name, roles: [name], expiresAt: null });
  const errors: unknown[] = [];
  const client = connect(url, { token, onError: (error) => errors.push(error) });
  ending.push(() => client.close());
  return client;
}

const FORBIDDEN = { code: 'forbidden' };

describe('W11 with rights of its own', () => {
  it('a lock needs to read and write its own subtree, and nothing else', async () => {
    const one = await guest('one', 'read+write:/locks/report');
    const two = await guest('two', 'read+write:/locks/report');
    const held = await one.lock('report', { about: 'by one' });
    await expect(one.lock('other')).rejects.toMatchObject(FORBIDDEN);
    const state = await two.inspectLock('report');
    expect(state.holder).toMatchObject({ value: 'by one', by: 'one' });
    await expect(two.lock('report', { waitMs: 0 })).rejects.toMatchObject({ code: 'lock_held' });
    await held.release();
    expect((await two.lock('report', { waitMs: 0 })).status).toBe('held');
  });

  it('who may only read a lock sees who holds it, and who may only write leaves nothing in the queue', async () => {
    const owner = await guest('owner', 'read+write:/locks');
    const reader = await guest('reader', 'read:/locks');
    const writer = await guest('writer', 'write:/locks');
    const held = await owner.lock('l');
    expect((await reader.inspectLock('l')).holder?.fencingToken).toBe(held.fencingToken);
    await expect(reader.lock('l')).rejects.toMatchObject(FORBIDDEN);
    await expect(writer.lock('l')).rejects.toMatchObject(FORBIDDEN);
    await expect(writer.inspectLock('l')).rejects.toMatchObject(FORBIDDEN);
    expect(await owner.inspectLock('l')).toMatchObject({ waiting: [] });
  });

  it('a lock is lost when the right to it is taken away', async () => {
    const one = await guest('one', 'read+write:/locks/l');
    const held = await one.lock('l');
    const lost = new Promise((resolve) => held.signal.addEventListener('abort', resolve));
    await admin.roles.set('one', { allow: [{ verbs: ['read'], on: '/other' }] });
    await lost;
    expect(held.loss).toMatchObject(FORBIDDEN);
  });

  it('an instance needs to write its service, those who follow it to read it', async () => {
    const service = await guest('service', 'read+write:/services/orders');
    const caller = await guest('caller', 'read:/services/orders');
    const discovery = caller.discover('orders');
    await discovery.ready();
    const one = await service.register('orders', { address: 'a:1', id: 'one' });
    await expect.poll(() => discovery.instances.map(({ id }) => id)).toEqual(['one']);
    await expect(service.register('other', { address: 'a:1' })).rejects.toMatchObject(FORBIDDEN);
    await expect(caller.register('orders', { address: 'a:1' })).rejects.toMatchObject(FORBIDDEN);
    await expect(caller.discover('other').ready()).rejects.toMatchObject(FORBIDDEN);
    await one.deregister();
    await expect.poll(() => discovery.registered).toEqual([]);
  });

  it('who can only write keeps an instance there, which it does not see itself', async () => {
    const blind = await guest('blind', 'write:/services/orders');
    const caller = await guest('caller', 'read:/services/orders');
    const one = await blind.register('orders', { address: 'a:1', id: 'one' });
    expect(one.status).toBe('registered');
    await expect(one.update({ weight: 2 }, { timeoutMs: 2_000 })).resolves.toBeUndefined();
    const discovery = caller.discover('orders');
    await discovery.ready();
    expect(discovery.instances).toMatchObject([{ weight: 2 }]);
    await one.deregister();
  });
});
