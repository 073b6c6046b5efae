import { limits, type Operation, type UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

type Commit = Extract<UpMessage, { type: 'commit' }>;

const put = (path: string, value = '1'): Operation => ({ type: 'put', path, value });

function part(number: number, operations: Operation[], more: Partial<Commit> = {}): Commit {
  return { type: 'commit', id: 7, requestId: 'r', part: number, operations, ...more };
}

async function started() {
  const scene = await startCore();
  return { scene, client: RawClient.open(scene.core) };
}

describe('S3 a commit in parts', () => {
  it('is one commit, with all that its parts have in their order', async () => {
    const { scene, client } = await started();
    const was = await scene.put('/was', 'before');
    client.send(part(0, [put('/a')], { more: true, note: 'the note' }));
    client.send({ type: 'heartbeat', applied: 0 });
    client.send(part(1, [], { more: true, conditions: [{ path: '/was', modRevision: was }] }));
    client.send(part(2, [{ type: 'delete', path: '/was' }, put('/b')], { more: true }));
    await scene.settle();
    expect(client.received).toEqual([]);
    expect(scene.engine.reads.revision).toBe(was);
    client.send(part(3, [put('/a', 'last')]));
    await scene.settle();
    const revision = scene.revisionOf(2);
    expect(client.received).toEqual([{ type: 'committed', id: 7, revision, puts: 2, deletes: 1 }]);
    expect([...scene.engine.reads.history(was)]).toMatchObject([{ note: 'the note', revision }]);
    expect(scene.engine.reads.get('/a')?.value).toBe('last');
  });

  it('S4 is made once, however often it is sent', async () => {
    const { scene, client } = await started();
    for (let i = 0; i < 2; i++) {
      client.send(part(0, [put('/a')], { more: true }));
      client.send(part(1, [put('/b')]));
      await scene.settle();
      expect(client.take('committed')).toMatchObject({ revision: scene.revisionOf(1), puts: 2 });
    }
    expect(scene.engine.reads.revision).toBe(scene.revisionOf(1));
  });

  it.each([
    ['invalid_path', 0, [put('/a//b')]],
    ['reserved_path', 1, [put('/.confer/x')]],
    ['too_large', 1, [put('/a', 'x'.repeat(limits.valueBytesMax + 1))]],
    ['invalid_value', 2, [put('/a', '\ud800')]],
  ] as const)(
    'with an operation that is refused (%s) is refused as a whole, and answered once',
    async (code, at, bad) => {
      const { scene, client } = await started();
      for (let i = 0; i < 3; i++)
        client.send(part(i, i === at ? [...bad] : [put(`/${i}`)], i < 2 ? { more: true } : {}));
      await scene.settle();
      expect(client.received).toMatchObject([{ type: 'error', id: 7, code }]);
      expect(scene.engine.reads.revision).toBe(scene.revisionOf(0));
      client.send({ type: 'get', id: 8, path: '/0' });
      await scene.settle();
      expect(client.take('error').id).toBe(7);
      expect(client.take('got').entry).toBeNull();
    },
  );

  it('holds its conditions on the state before it', async () => {
    const { scene, client } = await started();
    client.send(part(0, [put('/a')], { more: true }));
    client.send(part(1, [put('/b')], { conditions: [{ path: '/a', modRevision: 1 }] }));
    await scene.settle();
    expect(client.received).toMatchObject([{ type: 'error', id: 7, code: 'conflict', path: '/a' }]);
  });

  it('without any operation is refused', async () => {
    const { client } = await started();
    client.send(part(0, [], { more: true }));
    client.send(part(1, []));
    expect(client.take('error')).toMatchObject({ id: 7, code: 'invalid_message' });
  });

  it('has no more operations, and no more conditions, than one frame may have', async () => {
    const { scene, client } = await started();
    const many = Array.from({ length: 25_000 }, (_, i) => ({ path: `/${i}`, modRevision: 0 }));
    for (let i = 0; i < 5; i++)
      client.send(part(i, [put('/a')], { conditions: many, ...(i < 4 ? { more: true } : {}) }));
    await scene.settle();
    expect(client.take('error')).toMatchObject({ id: 7, code: 'too_large' });
    const puts = Array.from({ length: 25_000 }, (_, i) => put(`/${i}`));
    for (let i = 0; i < 5; i++) client.send(part(i, puts, i < 4 ? { more: true } : {}));
    await scene.settle();
    expect(client.take('error')).toMatchObject({ id: 7, code: 'too_large' });
    for (let i = 0; i < 4; i++) client.send(part(i, puts, i < 3 ? { more: true } : {}));
    while (client.received.length === 0) await scene.settle();
    expect(client.take('committed')).toMatchObject({ puts: 25_000 });
  });

  it('W10 has a bound in bytes, and keeps the connection', async () => {
    const { scene, client } = await started();
    const large = put('/a', 'x'.repeat(limits.valueBytesMax));
    const parts = Math.ceil(limits.commitBytesMax / limits.valueBytesMax);
    for (let i = 0; i < parts; i++)
      client.send(part(i, [large], i < parts - 1 ? { more: true } : {}));
    await scene.settle();
    expect(client.received).toMatchObject([{ type: 'error', id: 7, code: 'too_large' }]);
    expect(client.closed).toBeUndefined();
  });

  it('W10 counts among what waits of its connection from its first part on, and no longer than that', async () => {
    const { scene, client } = await started();
    const large = put('/a', 'x'.repeat(limits.valueBytesMax));
    const few = Math.floor(limits.commitBytesMax / limits.valueBytesMax) - 1;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < few; i++)
        client.send({ ...part(i, [large]), requestId: `r${round}`, more: i < few - 1 });
      while (client.received.length === 0) await scene.settle();
      expect(client.take('committed').puts).toBe(1);
    }
    const endless = Math.ceil(limits.waitingBytesMax / limits.valueBytesMax);
    for (let i = 0; i < endless; i++) client.send(part(i, [large], { more: true }));
    expect(client.closed).toMatchObject({ code: 4429 });
  });

  it.each<[string, UpMessage[]]>([
    ['begins in the middle', [part(1, [put('/a')])]],
    ['lacks one', [part(0, [put('/a')], { more: true }), part(2, [put('/b')])]],
    ['has one twice', [part(0, [put('/a')], { more: true }), part(0, [put('/a')], { more: true })]],
    [
      'is left for another request',
      [part(0, [put('/a')], { more: true }), { type: 'get', id: 8, path: '/a' }],
    ],
    [
      'is left for a commit of one frame',
      [
        part(0, [put('/a')], { more: true }),
        { type: 'commit', id: 7, requestId: 'r', operations: [put('/b')] },
      ],
    ],
    [
      'goes on under another id',
      [part(0, [put('/a')], { more: true }), { ...part(1, [put('/b')]), id: 8 }],
    ],
    [
      'goes on as another write',
      [part(0, [put('/a')], { more: true }), { ...part(1, [put('/b')]), requestId: 's' }],
    ],
  ])('that %s ends the connection, and nothing of it is made', async (_, messages) => {
    const { scene, client } = await started();
    for (const message of messages) client.send(message);
    await scene.settle();
    expect(client.closed).toMatchObject({ code: 4400 });
    expect(scene.engine.reads.revision).toBe(scene.revisionOf(0));
  });

  it('whose first part does not fit is not made of the others', async () => {
    const { scene, client } = await started();
    client.sendText(
      '{"type":"commit","id":7,"requestId":"r","part":0,"more":true,"operations":[{}]}',
    );
    expect(client.take('error')).toMatchObject({ id: 7, code: 'invalid_message' });
    client.send(part(1, [put('/b')]));
    await scene.settle();
    expect(client.closed).toMatchObject({ code: 4400 });
    expect(scene.engine.reads.revision).toBe(scene.revisionOf(0));
  });

  it('that the connection does not live to see the end of is not made', async () => {
    const { scene, client } = await started();
    client.send(part(0, [put('/a')], { more: true }));
    client.vanish();
    const next = RawClient.open(scene.core);
    next.send(part(1, [put('/b')]));
    await scene.settle();
    expect(next.closed).toMatchObject({ code: 4400 });
    expect(scene.engine.reads.revision).toBe(scene.revisionOf(0));
  });
});
