import { limits, piecesOf, times } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

const put = (value: string) =>
  JSON.stringify({
    ...{ type: 'commit', id: 1, requestId: 'r1' },
    operations: [{ type: 'put', path: '/a', value }],
  });

async function open() {
  const scene = await startCore();
  return { ...scene, client: RawClient.open(scene.core) };
}

describe('a message in pieces', () => {
  it('is taken like one that came whole, whatever lies across two of them', async () => {
    const { client, settle } = await open();
    const value = '"\\ €😀\n'.repeat(90_000);
    for (const piece of piecesOf(put(value), limits.frameBytesMax)) client.sendText(piece);
    await settle();
    expect(client.take('committed')).toMatchObject({ id: 1, puts: 1 });
    client.send({ type: 'get', id: 2, path: '/a' });
    await settle();
    expect(client.take('got').entry?.value).toBe(value);
    expect(client.closed).toBeUndefined();
  });

  it('is whole with its last piece, also where that would begin with what says that it goes on', async () => {
    const { client, settle } = await open();
    const value = '+'.repeat(2 * limits.frameBytesMax);
    for (const piece of piecesOf(put(value), limits.frameBytesMax)) client.sendText(piece);
    await settle();
    expect(client.take('committed')).toMatchObject({ id: 1, puts: 1 });
    client.send({ type: 'get', id: 2, path: '/a' });
    await settle();
    expect(client.take('got').entry?.value).toBe(value);
  });

  it('may have as many bytes as a message, and not one more', async () => {
    const { client, settle } = await open();
    const fits = ' '.repeat(limits.messageBytesMax - put('1').length) + put('1');
    for (const piece of piecesOf(fits, limits.frameBytesMax)) client.sendText(piece);
    await settle();
    expect(client.take('committed')).toMatchObject({ id: 1 });
    for (const piece of piecesOf(`${fits} `, limits.frameBytesMax)) client.sendText(piece);
    expect(client.closed).toEqual({ code: 4413, reason: expect.stringContaining('8388608 bytes') });
  });

  it('W10 does not grow without end where each piece says that another one follows', async () => {
    const { client } = await open();
    let sent = 0;
    for (; client.closed === undefined && sent < 10_000; sent++)
      client.sendText(`+${'x'.repeat(limits.frameBytesMax - 1)}`);
    expect(client.closed?.code).toBe(4413);
    expect(sent * limits.frameBytesMax).toBeLessThan(limits.messageBytesMax * 1.01);
  });

  it('W10 does not grow without end where there is nothing in its pieces', async () => {
    const { client } = await open();
    let sent = 0;
    for (; client.closed === undefined && sent < 10_000; sent++) client.sendText('+');
    expect(client.closed?.code).toBe(4413);
    expect(sent).toBe(limits.piecesMax + 1);
  });

  it('ends when it takes too long, however much its sender shows that he lives', async () => {
    const { client, clock } = await open();
    for (let beat = 0; beat < times.frameBeatsMax; beat++) {
      client.sendText('+ ');
      clock.advanceAtOnce(times.heartbeatMs);
    }
    expect(client.closed).toBeUndefined();
    client.sendText('+ ');
    clock.advanceAtOnce(2 * times.heartbeatMs);
    expect(client.closed).toMatchObject({ code: 4408, reason: expect.stringContaining('whole') });
  });

  it.each([
    ['no JSON together', ['+{"type":', '"get"']],
    ['two messages', ['+{"type":"get","id":1,"path":"/a"}', '{"type":"get","id":2,"path":"/a"}']],
    ['a heartbeat between them', ['+{"type":"get","id":1,', '{"type":"heartbeat","applied":0}']],
  ])('ends the connection where its pieces are %s', async (_, frames) => {
    const { client } = await open();
    for (const frame of frames) client.sendText(frame);
    expect(client.closed?.code).toBe(4400);
  });

  it('is nothing that a stranger may begin with', async () => {
    const { core } = await startCore();
    const client = new RawClient(core);
    client.sendText('+{"type":"hello",');
    expect(client.closed?.code).toBe(4400);
  });
});
