import { ProtocolError, type UpMessage } from '@confer/shared';
import { expect, it, vi } from 'vitest';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/events.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import type { RawClient } from '../test-support/raw-client.ts';

/** An audit whose lines are on their way to the disk until a test says what became of them. */
class SlowAudit implements Audit {
  readonly events: AuditEvent[] = [];
  readonly lost = 0;
  readonly isFailing = false;
  isSlow = false;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  record(event: AuditEvent): Promise<void> | undefined {
    this.events.push(event);
    if (!this.isSlow) return undefined;
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    written.catch(() => undefined);
    return written;
  }

  finish(error?: Error): void {
    for (const { resolve, reject } of this.#waiting.splice(0))
      if (error === undefined) resolve();
      else reject(error);
  }

  async close(): Promise<void> {}
}

async function startRequired() {
  const audit = new SlowAudit();
  const scene = await startGuarded({ auditing: { audit, isRequired: true, sensitive: [] } });
  const put = (client: RawClient, path: string) =>
    client.send({
      ...{ type: 'commit', id: 1, requestId: path },
      operations: [{ type: 'put', path, value: '1' }],
    });
  return { scene, audit, put };
}

it('judges a write by the rights that are there once its line is written', async () => {
  const { scene, audit, put } = await startRequired();
  const guest = await scene.guest('g', [{ verbs: ['write'], on: '/a' }]);
  audit.isSlow = true;
  put(guest, '/a/k');
  await scene.remove('/.confer/auth/roles/g');
  audit.finish();
  await scene.settle();
  expect(guest.received).toMatchObject([{ type: 'error', id: 1, code: 'forbidden' }]);
  expect(scene.engine.reads.get('/a/k')).toBeUndefined();
  expect(audit.events.at(-1)).toMatchObject({
    ...{ event: 'denied', outcome: 'denied', paths: ['/a/k'] },
    reason: expect.stringMatching(/^commit: .*write/),
  });
});

it('judges a transaction by the rights that are there once its line is written, and writes the denial down', async () => {
  const { scene, audit } = await startRequired();
  const guest = await scene.guest('g', [{ verbs: ['write'], on: '/a' }]);
  audit.isSlow = true;
  const then = [{ type: 'put' as const, path: '/a/k', value: '1' }];
  guest.send({ type: 'txn', id: 1, requestId: 't', if: [], then });
  await scene.remove('/.confer/auth/roles/g');
  audit.finish();
  await scene.settle();
  expect(guest.received).toMatchObject([{ type: 'error', id: 1, code: 'forbidden' }]);
  expect(audit.events.at(-1)).toMatchObject({
    ...{ event: 'denied', outcome: 'denied', paths: ['/a/k'] },
    reason: expect.stringMatching(/^txn: .*write/),
  });
});

it('does nothing for a token that was ended while its line was written', async () => {
  const { scene, audit, put } = await startRequired();
  const guest = await scene.guest('g', [{ verbs: ['write'], on: '/' }]);
  audit.isSlow = true;
  put(guest, '/a/k');
  await scene.remove('/.confer/auth/tokens');
  expect(guest.closed?.code).toBe(4401);
  audit.finish();
  await scene.settle();
  expect(scene.engine.reads.get('/a/k')).toBeUndefined();
});

it('drops no history of which no line can be written', async () => {
  const { scene, audit, put } = await startRequired();
  put(scene.admin, '/a/k');
  await scene.settle();
  audit.isSlow = true;
  scene.admin.send({ type: 'compact', id: 2 });
  audit.finish(new ProtocolError('unavailable', 'the disk is full'));
  await scene.settle();
  expect(scene.admin.received.at(-1)).toMatchObject({ type: 'error', id: 2, code: 'unavailable' });
  expect(scene.engine.reads.compactedRevision).toBe(0);
  scene.admin.send({ type: 'compact', id: 3 });
  audit.finish();
  await vi.waitFor(() =>
    expect(scene.admin.received.at(-1)).toMatchObject({ type: 'compaction', id: 3 }),
  );
  expect(audit.events.filter(({ event }) => event === 'compact')).toMatchObject([
    { outcome: 'allowed' },
    { outcome: 'allowed' },
    { outcome: 'done' },
  ]);
});

it('writes no secret down that somebody gives as a name (attack 20)', async () => {
  const { scene, audit } = await startRequired();
  const token = scene.adminToken;
  const requests: readonly UpMessage[] = [
    { type: 'rotateToken', id: 1, token, overlapMs: 0 },
    { type: 'updateToken', id: 2, token, disabled: true },
    { type: 'removeToken', id: 3, token },
    { type: 'createToken', id: 4, name: token, roles: [], expiresAt: null },
    { type: 'updateToken', id: 5, token: 'root', note: 'known' },
  ];
  for (const request of requests) scene.admin.send(request);
  await scene.settle();
  expect(scene.admin.received.map(({ type }) => type)).toEqual([
    ...['error', 'error', 'error', 'error'],
    'authChanged',
  ]);
  expect(JSON.stringify(audit.events)).not.toContain(token.slice(17));
  expect(scene.said.join()).not.toContain(token.slice(17));
  expect(JSON.stringify(audit.events)).toContain('/.confer/auth/tokens/root');
});

it.each<[string, (id: number) => UpMessage]>([
  [
    'a commit',
    (id) => ({
      ...{ type: 'commit', id, requestId: 'again' },
      operations: [{ type: 'put', path: '/a', value: '1' }],
    }),
  ],
  [
    'a transaction',
    (id) => ({
      ...{ type: 'txn', id, requestId: 'again', if: [] },
      then: [{ type: 'put', path: '/a', value: '1' }],
    }),
  ],
  ['a lease', (id) => ({ type: 'grantLease', id, requestId: 'again', ttlMs: 5_000 })],
])(
  'S4 does not say of %s that nothing was written where it was made before and is sent again',
  async (_, write) => {
    const { scene, audit, put } = await startRequired();
    scene.admin.send(write(1));
    await scene.settle();
    scene.admin.received.length = 0;
    audit.isSlow = true;
    scene.admin.send(write(2));
    put(scene.admin, '/b');
    audit.finish(new ProtocolError('unavailable', 'the audit cannot be written'));
    await scene.settle();
    expect(scene.admin.received).toMatchObject([
      { type: 'error', id: 2, code: 'outcome_unknown' },
      { type: 'error', id: 1, code: 'unavailable' },
    ]);
    expect(scene.engine.reads.get('/b')).toBeUndefined();
    audit.isSlow = false;
    put(scene.admin, '/b');
    await scene.settle();
    expect(scene.admin.received.at(-1)).toMatchObject({ type: 'committed', id: 1 });
  },
);
