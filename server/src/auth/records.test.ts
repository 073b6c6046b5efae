import { expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { AUTH } from './records.ts';

const record = {
  ...{ name: 'x', hash: 'h', roles: [], createdAt: 0, createdBy: 'c', expiresAt: null },
};
const read = { verbs: ['read'], on: '/a' };

/** What somebody writes below /.confer/auth who is no Confer. */
it.each([
  ['tokens/1', { ...record, createdAt: -1 }],
  ['tokens/1', { ...record, createdAt: 1.5 }],
  ['tokens/1', { ...record, expiresAt: 1.5 }],
  ['tokens/1', { ...record, name: 'y'.repeat(200) }],
  ['tokens/1', { ...record, name: '\ud800' }],
  ['tokens/1', { ...record, name: 'acme:alice' }],
  ['tokens/1', { ...record, roles: Array.from({ length: 40 }, () => 'r') }],
  ['tokens/1', { ...record, createdBy: 'y'.repeat(200) }],
  // What is meant to keep it back and cannot be read must not let it in.
  ['tokens/1', { ...record, notBefore: '2099-01-01' }],
  ['roles/r', { allow: Array.from({ length: 300 }, () => read), deny: [] }],
  ['roles/r', { allow: [{ verbs: Array.from({ length: 20 }, () => 'read'), on: '/a' }], deny: [] }],
])('nothing is told of what may not be told of a record: %s %j', async (path, value) => {
  const scene = await startGuarded();
  await scene.put(`${AUTH}/${path}`, JSON.stringify(value));
  const [tokens, roles] = [
    await scene.ask(scene.admin, (id) => ({ type: 'listTokens', id })),
    await scene.ask(scene.admin, (id) => ({ type: 'listRoles', id })),
  ];
  expect(tokens).toMatchObject({ type: 'tokens', tokens: [{ name: 'root' }] });
  expect(roles).toMatchObject({ type: 'roles', roles: [{ name: 'admin' }] });
});

it('the rest of a record is told where its note or its last day cannot be', async () => {
  const scene = await startGuarded();
  await scene.put(`${AUTH}/tokens/1`, JSON.stringify({ ...record, note: 'n'.repeat(5_000) }));
  await scene.put(`${AUTH}/used/1`, 'z'.repeat(300));
  await scene.put(`${AUTH}/roles/r`, JSON.stringify({ allow: [read], deny: [], note: '\ud800' }));
  const tokens = await scene.ask(scene.admin, (id) => ({ type: 'listTokens', id }));
  expect(tokens).toMatchObject({ tokens: [{ name: 'root' }, { name: 'x' }] });
  const roles = await scene.ask(scene.admin, (id) => ({ type: 'listRoles', id }));
  expect(roles).toMatchObject({ roles: [{ name: 'admin' }, { name: 'r', allow: [read] }] });
});
