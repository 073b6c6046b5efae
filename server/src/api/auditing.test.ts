import { leasePath, ProtocolError, type UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../audit/events.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

/** An audit in memory, which can be told that it cannot be written. */
function auditInMemory(isRequired: boolean, sensitive: readonly string[] = []) {
  const events: AuditEvent[] = [];
  const disk = { isFull: false };
  const audit = {
    lost: 0,
    isFailing: false,
    close: async () => {},
    record: (event: AuditEvent) => {
      if (disk.isFull)
        return isRequired
          ? Promise.reject(new ProtocolError('unavailable', 'no audit'))
          : undefined;
      events.push(event);
      return isRequired ? Promise.resolve() : undefined;
    },
  };
  return { events, disk, auditing: { audit, isRequired, sensitive } };
}

async function startAudited(isRequired: boolean, sensitive: readonly string[] = []) {
  const { auditing, ...seen } = auditInMemory(isRequired, sensitive);
  return { ...(await startCore({ auditing })), ...seen };
}

const put = (id: number) =>
  ({
    ...{ type: 'commit', id, requestId: `r${id}`, note: 'why' },
    operations: [{ type: 'put', path: '/a', value: 'secret' }],
  }) satisfies UpMessage;

describe('a required audit', () => {
  it('S3 is written before what it is about, which is not done where that fails; reads go on', async () => {
    const { core, settle, events, disk, engine } = await startAudited(true);
    const client = RawClient.open(core);
    client.send(put(1));
    await settle();
    expect(events.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['login', 'done'],
      ['commit', 'allowed'],
      ['commit', 'done'],
    ]);
    disk.isFull = true;
    client.send({ ...put(2), operations: [{ type: 'delete', path: '/a' }] });
    client.send({ type: 'get', id: 3, path: '/a' });
    await settle();
    expect(client.received).toHaveLength(3);
    expect(client.received).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ type: 'got', id: 3, entry: expect.anything() }),
        expect.objectContaining({ type: 'error', id: 2, code: 'unavailable' }),
      ]),
    );
    expect(engine.reads.get('/a')?.value).toBe('secret');
  });
});

describe('an audit as well as can be', () => {
  it('has who, from where, why and the revision, and no value', async () => {
    const { core, settle, events, engine } = await startAudited(false);
    const client = RawClient.open(core);
    client.send(put(1));
    await settle();
    expect(events.at(-1)).toMatchObject({
      ...{ event: 'commit', outcome: 'done', note: 'why', revision: engine.reads.revision },
      ...{ paths: ['/a'], pathCount: 1, requestId: 'r1' },
      who: { kind: 'local', principal: 'test', client: { name: 'test' } },
    });
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('has who came in vain, and who wanted what he may not, with the rule that said so', async () => {
    const { auditing, events } = auditInMemory(false);
    const scene = await startGuarded({ auditing });
    const guest = await scene.guest('g', [{ verbs: ['read'], on: '/a' }]);
    events.length = 0;
    const { 'denied.write': before } = scene.core.counters();
    await scene.ask(guest, put);
    expect(scene.core.counters()['denied.write']).toBe(Number(before) + 1);
    new RawClient(scene.core, '10.0.0.7').send({ type: 'hello', version: 1, token: 'no token' });
    expect(events).toMatchObject([
      {
        ...{ event: 'denied', outcome: 'denied', paths: ['/a'], who: { principal: 'g' } },
        reason: expect.stringMatching(/^commit: .*write/),
      },
      {
        ...{ event: 'loginFailed', outcome: 'denied', reason: 'what came is no token' },
        who: { kind: 'unknown', address: '10.0.0.7' },
      },
    ]);
  });

  it('has who wanted to end a lease of somebody else', async () => {
    const { auditing, events } = auditInMemory(false);
    const scene = await startGuarded({ auditing });
    const write = [{ verbs: ['write' as const], on: '/a' }];
    const [owner, other] = [await scene.guest('owner', write), await scene.guest('other', write)];
    const granted = await scene.ask(owner, (id) => ({
      ...{ type: 'grantLease', id, requestId: 'g', ttlMs: 10_000 },
    }));
    const lease = 'leases' in granted ? (granted.leases[0]?.lease ?? '') : '';
    events.length = 0;
    await scene.ask(other, (id) => ({ type: 'revokeLease', id, requestId: 'v', lease }));
    expect(events).toMatchObject([
      {
        event: 'denied',
        outcome: 'denied',
        who: { principal: 'other' },
        paths: [leasePath(lease)],
      },
    ]);
  });

  it('has the first twenty paths of a large commit, and how many there were', async () => {
    const { core, settle, events } = await startAudited(false);
    const operations = Array.from({ length: 50 }, (_, i) => ({
      ...{ type: 'put', path: `/a/${i}`, value: '1' },
    }));
    const client = RawClient.open(core);
    client.sendText(JSON.stringify({ ...put(1), operations }));
    await settle();
    expect(events.at(-1)).toMatchObject({ pathCount: 50 });
    expect(events.at(-1)).toHaveProperty('paths.length', 20);
  });

  it('has who reads what is sensitive, what it lies in or what lies in it, and nothing else that is read', async () => {
    const { core, settle, events } = await startAudited(false, ['/s/x']);
    const client = RawClient.open(core);
    client.send({ type: 'get', id: 1, path: '/s/x/y' });
    client.send({ type: 'list', id: 2, path: '/s' });
    client.send({ type: 'watch', id: 3, path: '/s/x', mode: 'events' });
    client.send({ type: 'history', id: 4, path: '/s/x/y' });
    client.send({ type: 'log', id: 5, path: '/' });
    client.send({ type: 'get', id: 6, path: '/s/xy' });
    client.send({ type: 'log', id: 7, path: '/s/xy' });
    await settle();
    const reads = events.filter(({ event }) => event === 'read');
    expect(reads.map((event) => ('paths' in event ? [event.note, event.paths[0]] : []))).toEqual([
      ['get', '/s/x/y'],
      ['list', '/s'],
      ['watch', '/s/x'],
      ['history', '/s/x/y'],
      ['log', '/'],
    ]);
  });

  it('has of a transaction what the branch that was done wrote, and what of both is sensitive', async () => {
    const { core, settle, events } = await startAudited(false, ['/s']);
    const client = RawClient.open(core);
    client.send({
      ...{ type: 'txn', id: 1, requestId: 'r1', note: 'why' },
      if: [
        { path: '/a', exists: true },
        { path: '/s/compared', value: 'x' },
      ],
      then: [{ type: 'put', path: '/a', value: 'secret' }],
      else: [
        { type: 'delete', path: '/b' },
        { type: 'put', path: '/c', value: 'secret' },
        { type: 'get', path: '/s/read' },
        { type: 'get', path: '/elsewhere' },
      ],
    });
    await settle();
    const [, read, done] = events;
    expect(read).toMatchObject({ event: 'read', note: 'txn', paths: ['/s/read', '/s/compared'] });
    expect(done).toMatchObject({
      ...{ event: 'commit', outcome: 'done', requestId: 'r1', note: 'why' },
      ...{ paths: ['/b', '/c'], pathCount: 2 },
    });
    expect(JSON.stringify(events)).not.toContain('secret');
    client.send({
      type: 'txn',
      id: 2,
      requestId: 'r2',
      if: [],
      then: [{ type: 'get', path: '/a' }],
    });
    await settle();
    expect(events).toHaveLength(3);
  });
});
