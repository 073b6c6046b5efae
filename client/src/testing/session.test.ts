import { decodeDown } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { HandClock } from './hand-clock.ts';
import { MemoryHost } from './memory-host.ts';

const HELLO = { type: 'hello', version: 1 };
const put = (path: string) => ({ type: 'put', path, value: '1' });
const commit = (id: number, requestId: string, operations: unknown[], rest = {}) => ({
  ...{ type: 'commit', id, requestId, operations, ...rest },
});

/** What a server in memory says to frames as no client sends them, up to the code that it closes with. */
async function saidTo(...frames: (object | string)[]): Promise<unknown[]> {
  const host = new MemoryHost(new HandClock());
  const said: unknown[] = [];
  const socket = host.openSocket('', {
    onOpen: () => {
      for (const frame of frames)
        socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    },
    onMessage: (frame) => {
      const decoded = decodeDown(frame);
      if (decoded.ok && decoded.message.type !== 'welcome') said.push(decoded.message);
      else if (!decoded.ok) said.push(decoded);
    },
    onClose: (code) => said.push(code),
  });
  await new Promise((resolve) => setImmediate(resolve));
  return said;
}

describe('a session of the test server', () => {
  it.each([
    ['what is no JSON', ['{'], 4400],
    ['a request before hello', [{ type: 'status', id: 1 }], 4400],
    ['a second hello', [HELLO, HELLO], 4400],
    ['another version', [{ ...HELLO, version: 9 }], 4406],
    ['what has no type', [HELLO, { id: 1 }], 4400],
    ['what has no id', [HELLO, { type: 'get', path: '/a' }], 4400],
    [
      'a part of a commit that is missing',
      [
        HELLO,
        commit(1, 'x', [put('/a')], { part: 0, more: true }),
        commit(1, 'x', [], { part: 2 }),
      ],
      4400,
    ],
    [
      'something between the parts of a commit',
      [HELLO, commit(1, 'x', [put('/a')], { part: 0, more: true }), { type: 'status', id: 2 }],
      4400,
    ],
  ])('ends over %s, with the code of the protocol', async (_, frames, code) => {
    expect(await saidTo(...frames)).toEqual([code]);
  });

  it.each([
    ['an unknown type', { type: 'dance', id: 7 }, 'unknown_type'],
    ['fields that do not fit', { type: 'get', id: 7 }, 'invalid_message'],
    ['a path that is none', { type: 'get', id: 7, path: 'a' }, 'invalid_path'],
    ['a commit of nothing', commit(7, 'x', []), 'invalid_message'],
    ['a write below .confer', commit(7, 'x', [put('/.confer/a')]), 'reserved_path'],
    ['a revision to come', { type: 'list', id: 7, path: '/', at: 1 }, 'future_revision'],
    ['a watch that is none', { type: 'unwatch', id: 7, watch: 'w' }, 'unknown_watch'],
    ['what it does not have', { type: 'listRoles', id: 7 }, 'forbidden'],
  ])('answers %s with an error, and lives', async (_, frame, code) => {
    const said = await saidTo(HELLO, frame, { type: 'status', id: 8 });
    expect(said).toMatchObject([
      { type: 'error', id: 7, code },
      { type: 'status', id: 8, revision: 0 },
    ]);
  });

  it('S4 takes a request id for one write alone, and answers the same one in the same way', async () => {
    const said = await saidTo(
      HELLO,
      commit(1, 'x', [put('/a')]),
      commit(2, 'x', [put('/a')]),
      commit(3, 'x', [put('/b')]),
    );
    const outcome = { type: 'committed', revision: 1, puts: 1, deletes: 0 };
    expect(said).toMatchObject([
      { ...outcome, id: 1 },
      { ...outcome, id: 2 },
      { type: 'error', id: 3, code: 'invalid_message' },
    ]);
  });

  it('W12 tells a commit to the watches of its connection before the answer', async () => {
    const said = await saidTo(
      HELLO,
      { type: 'watch', id: 1, path: '/', mode: 'state' },
      { type: 'watch', id: 2, path: '/a', mode: 'events' },
      commit(3, 'x', [put('/a')]),
    );
    expect(said).toMatchObject([
      ...[{ type: 'watching' }, { type: 'synced' }, { type: 'watching' }],
      ...[{ type: 'commits' }, { type: 'commits' }, { type: 'committed' }],
    ]);
  });
});
