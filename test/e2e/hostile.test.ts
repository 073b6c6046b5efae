import { connect } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { errorOfClose } from '@confer/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../support/raw-socket.ts';
import { TRANSPORTS } from '../support/transports.ts';

const MIB = 1024 * 1024;

describe.each(TRANSPORTS)('W10 a server whose client misbehaves, over %s,', (transport) => {
  let server: Server;
  beforeAll(async () => {
    server = await createServer({ engine: 'memory', port: 0, transport });
  });
  afterAll(() => server.close());

  /** Runs `misbehave` beside a healthy client, which must not notice; the server must, and count it. */
  async function unharmed(misbehave: () => Promise<void>, counted: readonly string[] = []) {
    const before = server.counters();
    const client = connect(server.url);
    const mirror = client.mirror('/healthy');
    await mirror.ready();
    const { revision } = await client.set('/healthy/a', 'before');
    await misbehave();
    expect((await client.set('/healthy/a', 'after')).revision).toBe(revision + 1);
    expect(mirror.value('/healthy/a')).toBe('after');
    expect(mirror.status).toBe('live');
    await client.close();
    const after = server.counters();
    for (const name of counted) expect(after[name], name).toBe((before[name] ?? 0) + 1);
  }

  it.each<[string, string | Buffer, number]>([
    ['garbage', 'garbage', 4400],
    ['an array', '[]', 4400],
    ['a number', '7', 4400],
    ['a bomb of brackets', '['.repeat(16_000), 4400],
    ['no type', '{"id":1}', 4400],
    ['an unknown type without an id', '{"type":"dance"}', 4400],
    ['a binary frame', Buffer.from([1, 2, 3]), 4400],
    ['a second hello', '{"type":"hello","version":1}', 4400],
    ['an oversized frame', `"${'x'.repeat(16 * 1024)}"`, 4413],
  ])('ends the connection on %s', async (_, frame, code) => {
    await unharmed(async () => {
      const raw = await RawSocket.welcomed(server.url);
      raw.sendFrame(frame);
      const end = await raw.end();
      expect(end.code).toBe(code);
      expect(end.reason).not.toBe('');
    }, ['framesRefused', `connectionsEnded.${errorOfClose(code)}`]);
  });

  it.each([
    ['a bomb of brackets', '['.repeat(100_000), 4400],
    ['more than a message may have', `"${'x'.repeat(8 * MIB)}"`, 4413],
  ])('ends the connection on %s in pieces', async (_, text, code) => {
    await unharmed(async () => {
      const raw = await RawSocket.welcomed(server.url);
      raw.sendText(text);
      expect((await raw.end()).code).toBe(code);
    }, ['framesRefused', `connectionsEnded.${errorOfClose(code)}`]);
  });

  it('ends the connection on a frame that is no UTF-8', async () => {
    await unharmed(async () => {
      const raw = await RawSocket.welcomed(server.url);
      raw.sendBytes(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]));
      await raw.end();
    }, ['framesRefused']);
  });

  it.each([
    ['an unknown type', 'unknown_type', { type: 'dance' }],
    ['a field of another kind', 'invalid_message', { type: 'get', path: 5 }],
    ['a relative path', 'invalid_path', { type: 'get', path: 'a' }],
    ['an empty segment', 'invalid_path', { type: 'get', path: '/a//b' }],
    ['a dotted segment', 'invalid_path', { type: 'get', path: '/a/../b' }],
    ['a long segment', 'invalid_path', { type: 'get', path: `/${'x'.repeat(256)}` }],
    ['a long path', 'invalid_path', { type: 'get', path: '/abcdefg'.repeat(129) }],
    ['a control character', 'invalid_path', { type: 'get', path: '/a\u0007' }],
    ['a lone surrogate', 'invalid_path', { type: 'get', path: '/\ud800' }],
    ['a value over 1 MiB', 'too_large', put('/a', 'x'.repeat(MIB + 1))],
    ['a reserved path', 'reserved_path', put('/.confer/a', '')],
    ['no operation', 'invalid_message', { type: 'commit', requestId: 'r', operations: [] }],
    ['a bad watch', 'invalid_path', { type: 'watch', path: '/a/', mode: 'state' }],
    ['a watch of no mode', 'invalid_message', { type: 'watch', path: '/a', mode: 'dance' }],
  ])('answers %s with its code, and lives on', async (_, code, request) => {
    await unharmed(async () => {
      const raw = await RawSocket.welcomed(server.url);
      raw.send({ ...request, id: 7 });
      expect(await raw.next('error')).toMatchObject({ id: 7, code });
      raw.send({ type: 'get', id: 8, path: '/a' });
      expect(await raw.next('got')).toMatchObject({ id: 8, entry: null });
      raw.close();
    }, [`requestsRefused.${code}`]);
  });

  it('takes a value of exactly 1 MiB', async () => {
    const raw = await RawSocket.welcomed(server.url);
    raw.send({ ...put('/large', 'x'.repeat(MIB)), id: 1 });
    expect(await raw.next('committed')).toMatchObject({ puts: 1 });
    raw.close();
  });

  it('bounds the watches of a connection', async () => {
    await unharmed(async () => {
      const raw = await RawSocket.welcomed(server.url);
      for (let id = 1; id <= 10_001; id++)
        raw.send({ type: 'watch', id, path: `/w/${id}`, mode: 'events' });
      expect(await raw.next('error')).toMatchObject({ id: 10_001, code: 'too_many_watches' });
      raw.close();
    }, ['watchesRefused', 'requestsRefused.too_many_watches']);
  });

  it('ends a connection that asks and asks and never reads', async () => {
    const filler = connect(server.url);
    for (let i = 0; i < 8; i++) await filler.set(`/big/${i}`, 'x'.repeat(MIB / 2));
    await filler.close();
    await unharmed(async () => {
      const raw = await RawSocket.welcomed(server.url);
      raw.pause(true);
      for (let id = 1; id <= 1_200; id++) raw.send({ type: 'list', id, path: '/big' });
      const left = () => server.status().connections === 1;
      for (const deadline = Date.now() + 15_000; !left() && Date.now() < deadline; )
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(left()).toBe(true);
      raw.close();
    }, ['connectionsEnded.too_many_requests']);
  });
});

function put(path: string, value: string) {
  return { type: 'commit', requestId: path, operations: [{ type: 'put', path, value }] };
}
