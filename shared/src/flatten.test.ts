import { describe, expect, test } from 'vitest';
import { flatten, UnstorableError } from './flatten.ts';
import type { Data } from './scalar.ts';
import { unflatten } from './unflatten.ts';

const flat = (data: Data, base = '/app') => Object.fromEntries(flatten(data, base));
const unflat = (values: Record<string, string>, base = '/app') =>
  unflatten(
    Object.entries(values).map(([path, value]) => ({ path, value })),
    base,
  );

describe('data as paths and values', () => {
  test('maps are subtrees, everything else is one value', () => {
    const data = { server: { port: 8080, hosts: ['a', 'b'] }, zip: '8080', none: {}, off: null };
    const values = {
      '/app/server/port': '8080',
      '/app/server/hosts': '["a","b"]',
      '/app/zip': '"8080"',
      '/app/none': '{}',
      '/app/off': 'null',
    };
    expect(flat(data)).toEqual(values);
    expect(unflat(values)).toEqual(data);
  });

  test('dots in a key make no levels', () => {
    expect(flat({ 'spring.jpa': { 'a/b': 1 } })).toEqual({ '/app/spring.jpa/a%2Fb': '1' });
  });

  test('the key "" holds the value of its own path', () => {
    const data = { pool: { '': 'on', size: 3 } };
    const values = { '/app/pool': 'on', '/app/pool/size': '3' };
    expect(flat(data)).toEqual(values);
    expect(unflat(values)).toEqual(data);
  });

  test('{} at a path with children says nothing', () => {
    expect(unflat({ '/app/hosts': '{}', '/app/hosts/a': '1' })).toEqual({ hosts: { a: 1 } });
  });

  test('at the root there is no own path', () => {
    expect(flat({ a: 1 }, '/')).toEqual({ '/a': '1' });
    expect(() => flat('text', '/')).toThrow('the root "/" holds no entry');
    expect(unflat({ '/a/b': '1' }, '/')).toEqual({ a: { b: 1 } });
  });

  test('one value alone is the data', () => {
    expect(unflat({ '/app': '8080' })).toBe(8080);
    expect(unflat({})).toBeUndefined();
  });

  test('__proto__ is an ordinary key', () => {
    const data = JSON.parse('{"__proto__": {"polluted": true}}');
    expect(flat(data)).toEqual({ '/app/__proto__/polluted': 'true' });
    const back = unflat({ '/app/__proto__/polluted': 'true' });
    expect(JSON.stringify(back)).toBe('{"__proto__":{"polluted":true}}');
    expect('polluted' in {}).toBe(false);
  });
});

describe('data that no entry can stand for', () => {
  const failure = (data: Data): UnstorableError => {
    try {
      flat(data);
    } catch (error) {
      if (error instanceof UnstorableError) return error;
    }
    throw new Error('it was stored');
  };

  test.each<[string, Data, string, string[]]>([
    [
      'a key of 256 bytes',
      { a: { ['k'.repeat(256)]: 1 } },
      'at most 255 bytes',
      ['a', 'k'.repeat(256)],
    ],
    ['half a surrogate pair in a key', { '\ud800': 1 }, 'no lone surrogates', ['\ud800']],
    ['half a surrogate pair in a value', { a: '\ud800' }, 'half of a surrogate pair', ['a']],
    ['a value over 1 MiB', { a: 'x'.repeat(2 ** 20 + 1) }, '1048577 bytes', ['a']],
    ['a map under the key ""', { a: { '': { b: 1 } } }, 'cannot hold a map', ['a', '']],
  ])('%s is refused with its keys', (_, data, problem, keys) => {
    const error = failure(data);
    expect(error.message).toContain(problem);
    expect(error.keys).toEqual(keys);
  });

  test('nesting beyond the longest path is refused before the stack ends', () => {
    let data: Data = 1;
    for (let i = 0; i < 100_000; i++) data = { k: data };
    expect(failure(data).message).toContain('at most 64 segments');
  });
});

test('two segments that stand for one key are told, not merged', () => {
  expect(() => unflat({ '/app/100%': '1', '/app/100%25': '2' })).toThrow(
    '/app/100% and /app/100%25 are both the key "100%"',
  );
});
