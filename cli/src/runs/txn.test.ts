import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { confer as conferAt, type Surroundings, startServer } from '../scene.contract.ts';

const TAKE_OVER = `# who leads
note: INC-42
if:
  - { path: /shop/leader, exists: false }
then:
  - { put: /shop/leader, value: orders-1 }
  - { put: /shop/term, value: 7 }
  - { list: /shop, depth: 1, limit: 2 }
else:
  - { get: /shop/leader }
  - { get: /shop/none }
`;

let server: Server;
const directory = mkdtempSync(join(tmpdir(), 'confer-txn-'));
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => confer(['rm', '-r', '/', '--all', '-y']));

const confer = (args: readonly string[], around: Surroundings = {}) =>
  conferAt(args, { ...around, env: { CONFER_URL: server.url } });

test('S3 txn does the branch that its conditions choose, out of a file or stdin', async () => {
  await confer(['set', '/shop/a', '1']);
  await confer(['set', '/shop/b/c', '2']);
  const file = join(directory, 'take-over.yaml');
  writeFileSync(file, TAKE_OVER);
  const first = await confer(['txn', file, '-y']);
  expect(first).toMatchObject({ exitCode: 0, err: '' });
  expect(first.out.replace(/revision \d+/, 'revision N')).toBe(
    [
      'then, at revision N',
      '  put /shop/leader: version 1',
      '  put /shop/term: version 1',
      '  list /shop: 1 entry',
      '    /shop/a: 1',
      '    /shop/b/',
      '',
    ].join('\n'),
  );
  expect((await confer(['get', '/shop/term'])).out).toBe('7\n');
  const second = await confer(['txn', '-y'], { stdin: TAKE_OVER });
  expect(second.exitCode).toBe(0);
  expect(second.out).toContain(
    `else, at revision ${/\d+/.exec(second.out)}\n  get /shop/leader: orders-1\n`,
  );
  expect(second.out).toContain('  get /shop/none: nothing\n');
});

test('txn prints data for programs, and its revision alone with -o raw', async () => {
  const swap = JSON.stringify({
    if: [{ path: '/a', version: 0 }],
    then: [{ put: '/a', value: '8080' }, { get: '/a' }, { delete: '/none' }],
  });
  const { out } = await confer(['txn', '-o', 'json'], { stdin: swap });
  expect(JSON.parse(out)).toEqual({
    ...{ succeeded: true, revision: expect.any(Number) },
    results: [
      { path: '/a', type: 'put', createRevision: expect.any(Number), version: 1 },
      { path: '/a', type: 'get' },
      { path: '/none', type: 'delete', deletes: 0 },
    ],
  });
  expect((await confer(['get', '/a'])).out).toBe('"8080"\n');
  const raw = await confer(['txn', '-o', 'raw'], {
    stdin: '{ "then": [{ "put": "/b", "value": 1 }] }',
  });
  expect(raw.out).toMatch(/^\d+\n$/);
});

test('S3 txn exits with 4 where a condition does not hold and nothing is said for that', async () => {
  const stdin = 'if: [{ path: /a, exists: true }]\nthen: [{ put: /b, value: 1 }]\n';
  const { exitCode, out, err } = await confer(['txn'], { stdin });
  expect({ exitCode, out }).toEqual({ exitCode: 4, out: '' });
  expect(err).toMatch(/^error\[conflict\]: a condition does not hold at revision \d+; nothing was/);
  expect((await confer(['get', '/b'])).exitCode).toBe(3);
});

test.each([
  ['a list', '- a\n', 'stdin:1:1: a transaction is a map'],
  ['another key', 'of: []\n', 'stdin:1:1: a transaction has no of'],
  ['no list', 'then: { put: /a }\n', 'then is a list'],
  ['no path', 'if: [{ exists: true }]\n', 'stdin:1:1: if, number 1: a condition has a path'],
  [
    'no kind',
    'if:\n  - { path: /a }\n',
    'stdin:1:1: if, number 1: beside its path a condition has one of mod',
  ],
  ['two kinds', 'if: [{ path: /a, exists: true, version: 1 }]\n', 'has one of modRevision'],
  ['an unknown kind', 'if: [{ path: /a, colour: red }]\n', 'there is no condition colour'],
  ['half a number', 'if: [{ path: /a, version: 1.5 }]\n', 'version is a whole number'],
  ['no verb', 'then: [{ value: 1 }]\n', 'an operation is one of put, delete, get or list'],
  ['two verbs', 'then: [{ put: /a, get: /b }]\n', 'an operation is one of put, delete'],
  ['no value', 'then: [{ put: /a }]\n', 'put has a value'],
  ['a field of another', 'then: [{ get: /a, depth: 1 }]\n', 'get has no depth'],
  ['a depth that is none', 'then: [{ list: /a, depth: x }]\n', 'depth and limit are whole numbers'],
  ['no YAML', 'then: [\n', 'stdin:'],
])('txn says what is wrong with %s, and writes nothing', async (_, stdin, problem) => {
  const { exitCode, out, err } = await confer(['txn'], { stdin });
  expect({ exitCode, out }).toEqual({ exitCode: 7, out: '' });
  expect(err).toContain(problem);
  expect(err).toContain('nothing was written; "confer help txn" shows the form');
});

test('txn says what the server refuses', async () => {
  const twice = 'then: [{ put: /a, value: 1 }, { delete: /a }]\n';
  const { exitCode, err } = await confer(['txn'], { stdin: twice });
  expect(exitCode).toBe(7);
  expect(err).toContain('error[overlapping_writes]: two writes of one branch');
  const bad = await confer(['txn'], { stdin: 'then: [{ get: a }]\n' });
  expect(bad).toMatchObject({ exitCode: 7, err: expect.stringContaining('invalid_path') });
  expect(await confer(['txn', 'not-there.yaml'])).toMatchObject({
    ...{ exitCode: 1, err: expect.stringContaining('cannot read the transaction') },
  });
});
