import { describe, expect, it } from 'vitest';
import { decodeDown, decodeUp, encode } from './codec.ts';
import { limits } from './limits.ts';
import type { UpMessage } from './messages/up.ts';
import { hasLoneSurrogate } from './utf8.ts';

const up = (fields: object) => decodeUp(JSON.stringify(fields));

describe('what is no message', () => {
  it.each(['', ' ', '{', 'hello', 'null', '1', '"get"', '[]', '[{"type":"get"}]', '{"a":1}{}'])(
    'refuses %j as bad_message',
    (frame) => {
      const failure = { ok: false, code: 'bad_message', problem: 'a frame is one JSON object' };
      expect(decodeUp(frame)).toEqual(failure);
      expect(decodeDown(frame)).toEqual(failure);
    },
  );

  it.each([{}, { type: 1 }, { type: null }, { type: ['get'] }, { Type: 'get' }])(
    'refuses %j, which has no type',
    (fields) => {
      expect(up(fields)).toMatchObject({ ok: false, code: 'bad_message' });
    },
  );

  it('takes no binary garbage for a message', () => {
    expect(decodeUp('\u0000\ufffd\ud800')).toMatchObject({ ok: false, code: 'bad_message' });
  });
});

describe('an unknown type', () => {
  it('is told apart, with the id of the request', () => {
    expect(up({ type: 'frobnicate', id: 7 })).toEqual({
      ok: false,
      code: 'unknown_type',
      id: 7,
      problem: 'there is no message of the type "frobnicate"',
    });
  });

  it.each(['toString', '__proto__', 'constructor', ''])('includes %j', (type) => {
    expect(up({ type, id: 1 })).toMatchObject({ ok: false, code: 'unknown_type' });
  });

  it('includes the types of the other direction', () => {
    expect(up({ type: 'got', id: 1, revision: 1, entry: null })).toMatchObject({
      code: 'unknown_type',
    });
    expect(decodeDown('{"type":"get","id":1,"path":"/a"}')).toMatchObject({ code: 'unknown_type' });
  });
});

describe('half a surrogate pair', () => {
  const operations = [{ type: 'delete', path: '/a' }];
  it.each<[string, object]>([
    ['the name of a client', { type: 'hello', version: 1, client: { name: 'a\ud800' } }],
    ['a label', { type: 'hello', version: 1, client: { labels: { zone: '\udc00' } } }],
    ['a token', { type: 'hello', version: 1, token: '\ud800' }],
    ['a request id', { type: 'commit', id: 1, requestId: '\ud800', operations }],
  ])('S4 is refused in %s, where a store could take two for one', (_, fields) => {
    expect(up(fields)).toMatchObject({ ok: false, code: 'invalid_message' });
  });

  it('is none where the other half is there', () => {
    expect(up({ type: 'hello', version: 1, client: { name: '🦊' } })).toMatchObject({ ok: true });
  });
});

describe('fields that do not fit', () => {
  it.each<[string, object, string]>([
    ['a missing field', { type: 'get', id: 1 }, 'get.path'],
    ['a field of another type', { type: 'get', id: 1, path: 5 }, 'get.path'],
    ['null for absent', { type: 'list', id: 1, path: '/a', limit: null }, 'list.limit'],
    ['a number below its least', { type: 'list', id: 1, path: '/a', limit: 0 }, 'list.limit'],
    ['a negative count', { type: 'list', id: 1, path: '/a', depth: -1 }, 'list.depth'],
    ['a fraction', { type: 'list', id: 1, path: '/a', at: 1.5 }, 'list.at'],
    ['an unsafe integer', { type: 'list', id: 1, path: '/a', at: 2 ** 53 }, 'list.at'],
    ['an unknown mode', { type: 'watch', id: 1, path: '/a', mode: 'all' }, 'watch.mode'],
    [
      'an unknown operation',
      { type: 'commit', id: 1, requestId: 'r', operations: [{ type: 'move', path: '/a' }] },
      'commit.operations.0.type',
    ],
    [
      'an unknown kind of condition',
      {
        type: 'commit',
        id: 1,
        requestId: 'r',
        conditions: [{ path: '/a', colour: 'red' }],
        operations: [],
      },
      'commit.conditions.0: expected exactly one of modRevision, createRevision',
    ],
    [
      'a condition of two kinds',
      {
        ...{ type: 'txn', id: 1, requestId: 'r', then: [] },
        if: [
          { path: '/b', lease: null },
          { path: '/a', modRevision: 1, exists: true },
        ],
      },
      'txn.if.1: expected exactly one of',
    ],
    [
      'a condition whose field does not fit',
      { ...{ type: 'txn', id: 1, requestId: 'r', then: [] }, if: [{ path: '/a', version: '1' }] },
      'txn.if.0.version',
    ],
    [
      'another operation in a transaction',
      { ...{ type: 'txn', id: 1, requestId: 'r', if: [] }, then: [{ type: 'move', path: '/a' }] },
      'txn.then.0.type',
    ],
    [
      'an empty request id',
      { type: 'commit', id: 1, requestId: '', operations: [{ type: 'delete', path: '/a' }] },
      'commit.requestId',
    ],
    [
      'half a position',
      { type: 'watch', id: 1, path: '/a', mode: 'state', after: { revision: 1 } },
      'watch.after.epoch',
    ],
  ])('refuses %s and says where', (_, fields, where) => {
    const decoded = up(fields);
    expect(decoded).toMatchObject({ ok: false, code: 'invalid_message', id: 1 });
    expect(decoded).toHaveProperty('problem', expect.stringContaining(where));
  });

  it('gives no id that a reply could not carry', () => {
    for (const id of [-1, 0.5, 2 ** 53, '1', null, undefined, [1], { a: 1 }]) {
      const decoded = up({ type: 'get', id, path: '/a' });
      expect(decoded).toMatchObject({ ok: false, code: 'invalid_message' });
      expect(decoded).not.toHaveProperty('id');
    }
  });

  it('answers shortly, however long the field was', () => {
    const long = 'x'.repeat(1_000_000);
    for (const fields of [
      { type: 'list', id: 1, path: '/a', depth: long },
      { type: 'hello', version: 1, client: { labels: { [long]: 1 } } },
      { type: long, id: 1 },
    ]) {
      const decoded = up(fields);
      expect(decoded.ok || decoded.problem.length).toBeLessThan(300);
    }
  });

  it('answers with text that any peer can read', () => {
    for (const text of ['\ud800', '\u{1f600}'.repeat(250)]) {
      const decoded = up({ type: 'list', id: 1, path: '/a', depth: `a${text}` });
      expect(decoded.ok || hasLoneSurrogate(decoded.problem)).toBe(false);
    }
  });
});

describe('the limits that the schema knows', () => {
  const hello = (client: object) => up({ type: 'hello', version: 1, client }).ok;

  it('hold names and labels', () => {
    const labels = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, 'x']));
    expect(hello({ name: 'n'.repeat(limits.nameLengthMax) })).toBe(true);
    expect(hello({ name: 'n'.repeat(limits.nameLengthMax + 1) })).toBe(false);
    expect(hello({ labels: labels(limits.labelsMax) })).toBe(true);
    expect(hello({ labels: labels(limits.labelsMax + 1) })).toBe(false);
  });

  it('hold the operations of a commit', () => {
    const operations = (count: number) =>
      Array.from({ length: count }, () => ({ type: 'put', path: '/a', value: '1' }));
    const commit = { type: 'commit', id: 1, requestId: 'r' };
    expect(up({ ...commit, operations: operations(30_000) }).ok).toBe(true);
    expect(up({ ...commit, operations: operations(33_000) })).toMatchObject({
      code: 'bad_message',
      problem: `a message has at most ${limits.frameTokensMax} commas and opening brackets`,
    });
  });
});

describe('what newer peers may send', () => {
  it('is taken without its unknown fields', () => {
    const known: UpMessage = { type: 'get', id: 1, path: '/a' };
    expect(up({ ...known, consistency: 'eventual', nested: { deep: [1] } })).toStrictEqual({
      ok: true,
      message: known,
    });
  });

  it('is taken with error codes that are not in the table', () => {
    const frame = '{"type":"error","id":1,"code":"quota_exceeded","message":"no"}';
    expect(decodeDown(frame)).toMatchObject({ ok: true, message: { code: 'quota_exceeded' } });
  });
});

describe('hostile frames', () => {
  it('change no prototype', () => {
    const frames = [
      '{"type":"get","id":1,"path":"/a","__proto__":{"polluted":1}}',
      '{"__proto__":{"type":"get","polluted":1},"id":1,"path":"/a"}',
      '{"type":"hello","version":1,"client":{"labels":{"__proto__":"x","constructor":"y","a":"b"}}}',
      '{"type":"hello","version":1,"client":{"__proto__":{"polluted":1}}}',
    ];
    for (const frame of frames) {
      const decoded = decodeUp(frame);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      if (decoded.ok) expect(Object.getPrototypeOf(decoded.message)).toBe(Object.prototype);
      expect(decoded.ok && 'polluted' in decoded.message).toBe(false);
    }
  });

  it('get nothing from the prototype: an inherited type is no type', () => {
    expect(decodeUp('{"__proto__":{"type":"status"},"id":1}')).toMatchObject({
      ok: false,
      code: 'bad_message',
    });
  });

  it('nested as deep as a frame can hold are refused, and never crash', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    for (const depth of [490, 200_000, limits.frameBytesMax / 2]) {
      expect(decodeUp(nested(depth))).toMatchObject({ ok: false, code: 'bad_message' });
      expect(decodeUp(`{"type":"get","id":1,"path":${nested(depth)}}`).ok).toBe(false);
      expect(decodeUp('['.repeat(depth)).ok).toBe(false);
      expect(decodeUp('{"a":'.repeat(depth)).ok).toBe(false);
    }
    const within = limits.frameDepthMax - 1;
    const padding = 'x'.repeat(2_000);
    const of = (depth: number) =>
      decodeUp(`{"type":"get","id":1,"path":"/a","p":"${padding}","extra":${nested(depth)}}`);
    expect(of(within).ok).toBe(true);
    expect(of(within + 1)).toMatchObject({ ok: false, code: 'bad_message' });
  });

  it('of what takes long to read are refused before they are', () => {
    const { frameTokensMax, frameForeignFieldsMax } = limits;
    const many = (count: number, of: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => of(i)).join();
    const told = (extra: string) => decodeUp(`{"type":"get","id":1,"path":"/a","extra":${extra}}`);
    const tooMany = [
      `[${many(frameTokensMax, () => '{}')}]`,
      `[${many(frameTokensMax, () => '1')}]`,
      `{${many(frameForeignFieldsMax + 1, (i) => `"name ${i}":1`)}}`,
      `{${many(frameForeignFieldsMax + 1, (i) => `"${i * 7_919}" : 1`)}}`,
      `[${many(frameForeignFieldsMax + 1, (i) => `{"\\u0061${i}":1}`)}]`,
    ];
    for (const extra of tooMany) expect(told(extra)).toMatchObject({ code: 'bad_message' });
    const few = [
      `[${many(frameTokensMax / 4, () => '{}')}]`,
      `{${many(frameForeignFieldsMax - 1, (i) => `"name ${i}":1`)}}`,
      // What is in strings does not count, however it is escaped.
      JSON.stringify('[{,:'.repeat(frameTokensMax)),
      JSON.stringify('"\\'.repeat(frameTokensMax)),
      JSON.stringify('\\'.repeat(frameTokensMax)),
      JSON.stringify(`${'"'.repeat(9)}${'\\"x'.repeat(frameTokensMax)}`),
    ];
    for (const extra of few) expect(told(extra)).toMatchObject({ ok: true });
  });
});

describe('encode', () => {
  it('writes what decodes to the same message', () => {
    const message: UpMessage = {
      type: 'commit',
      id: 4,
      requestId: 'r-1',
      operations: [{ type: 'put', path: '/größe', value: 'a\u0000\u{1f600}"\\\u2028' }],
    };
    expect(decodeUp(encode(message))).toStrictEqual({ ok: true, message });
  });
});
