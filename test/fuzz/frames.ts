import type { UpMessage } from '@confer/shared';
import fc from 'fast-check';
import { leaseIdOf } from '../../server/src/lease/lease-id.ts';

const path = fc.constantFrom('/', '/a', '/a/b', '/a/b/c', '/a-b', '/d', '/nothing');
const badPath = fc.constantFrom(
  '',
  'a',
  '/a/',
  '//',
  '/.confer/x',
  '/a/../b',
  '/\u0000',
  '/\ud800',
);
const anyPath = fc.oneof({ weight: 9, arbitrary: path }, { weight: 1, arbitrary: badPath });
const id = fc.nat(30);
const position = fc.record(
  {
    epoch: fc.constantFrom('server-1', 'another', ''),
    revision: fc.nat(60),
    timeline: fc.constantFrom('server-2', 'another', ''),
  },
  { requiredKeys: ['epoch', 'revision'] },
);
const value = fc.string({ maxLength: 300 });

/** Those that the first requests make (`bad-1`, ...) where they are grants, and what is none. */
const lease = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((request) => leaseIdOf(`bad-${request}`)),
  fc.constantFrom('', 'x', '../a', '0123456789abcdef'),
);

const operation = fc.oneof(
  fc.record({ type: fc.constant('put' as const), path: anyPath, value, lease }),
  fc.record({ type: fc.constant('put' as const), path: anyPath, value }),
  fc.record({
    type: fc.constant('delete' as const),
    path: anyPath,
    recursive: fc.boolean(),
  }),
);

const condition = fc.oneof(
  fc.record({ path: anyPath, modRevision: fc.nat(5) }),
  fc.record({ path: anyPath, exists: fc.boolean() }),
  fc.record({ path: anyPath, value }),
  fc.record({ path: anyPath, unchangedSince: fc.nat(60) }),
);
const txnOperation = fc.oneof(
  operation,
  fc.record({ type: fc.constant('get' as const), path: anyPath }),
  fc.record({ type: fc.constant('list' as const), path: anyPath, depth: fc.nat(3) }),
);

const message: fc.Arbitrary<UpMessage> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), version: fc.constantFrom(1, 1, 1, 2) }),
  fc.record({ type: fc.constant('get' as const), id, path: anyPath }),
  fc.record({ type: fc.constant('list' as const), id, path: anyPath, depth: fc.nat(3) }),
  fc.record(
    {
      type: fc.constantFrom('get' as const, 'history' as const, 'log' as const),
      id,
      path: anyPath,
      at: fc.nat(60),
      limit: fc.integer({ min: 1, max: 3 }),
      after: anyPath,
      values: fc.boolean(),
    },
    { requiredKeys: ['type', 'id', 'path'] },
  ),
  fc.record({
    type: fc.constant('commit' as const),
    id,
    // Replaced when it is sent: a request id names one write only.
    requestId: fc.constant('@'),
    operations: fc.array(operation, { maxLength: 6 }),
    conditions: fc.array(condition, { maxLength: 1 }),
  }),
  fc.record({
    type: fc.constant('txn' as const),
    id,
    requestId: fc.constant('@'),
    if: fc.array(condition, { maxLength: 2 }),
    then: fc.array(txnOperation, { maxLength: 4 }),
    else: fc.array(txnOperation, { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('watch' as const),
    id,
    path: anyPath,
    mode: fc.constantFrom('state' as const, 'events' as const),
    prev: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('watch' as const),
    id,
    path: anyPath,
    mode: fc.constantFrom('state' as const, 'events' as const),
    after: position,
  }),
  fc.record({
    type: fc.constant('unwatch' as const),
    id,
    watch: fc.constantFrom('w1', 'w2', 'w3', 'w9'),
  }),
  fc.record({ type: fc.constantFrom('status' as const, 'counters' as const), id }),
  fc.record(
    {
      type: fc.constant('listSessions' as const),
      id,
      path: anyPath,
      principal: fc.constantFrom('anyone', ''),
      client: fc.constantFrom('raw', ''),
      slowest: fc.constantFrom(0, 1, 100, 101),
      after: fc.constantFrom('0', '1', '999999', '-1', 'x', ''),
    },
    { requiredKeys: ['type', 'id'] },
  ),
  fc.record({
    type: fc.constant('grantLease' as const),
    id,
    requestId: fc.constant('@'),
    ttlMs: fc.constantFrom(0, 1, 2_000, 5_000, 10_000),
  }),
  fc.record({
    type: fc.constant('keepAlive' as const),
    id,
    leases: fc.array(lease, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('revokeLease' as const), id, requestId: fc.constant('@'), lease }),
  fc.record({ type: fc.constant('readLease' as const), id, lease }),
  fc.record({ type: fc.constant('listLeases' as const), id }),
  fc.record({ type: fc.constant('heartbeat' as const), applied: fc.nat(60) }),
);

/** One field is gone, or is anything at all. */
const almost = fc
  .tuple(message, fc.nat(), fc.option(fc.jsonValue({ maxDepth: 2 })))
  .map(([valid, at, other]) => {
    const fields = Object.entries(valid);
    const [name] = fields[at % fields.length] ?? [''];
    const rest = fields.filter(([field]) => field !== name);
    return JSON.stringify(Object.fromEntries(other === null ? rest : [...rest, [name, other]]));
  });

/** Cut short, or with a character too many. */
const broken = fc
  .tuple(message, fc.nat(200), fc.string({ maxLength: 2 }))
  .map(([valid, at, text]) => JSON.stringify(valid).slice(0, at) + text);

const garbage = fc.oneof(
  fc.string({ maxLength: 50, unit: 'binary' }),
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('null', '[]', '{}', '{"type":1}', '{"__proto__":{}}', '[['.repeat(20_000)),
);

/** What a client may send, right or wrong. */
export const frames: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: message.map((valid) => JSON.stringify(valid)) },
  { weight: 3, arbitrary: almost },
  { weight: 1, arbitrary: broken },
  { weight: 1, arbitrary: garbage },
);
