import { describe, expect, it } from 'vitest';
import { type Data, isMap, readValue, sameData, toJson, writeValue } from './scalar.ts';

describe('the scalar convention', () => {
  it.each<[string, Data]>([
    ['localhost', 'localhost'],
    ['', ''],
    ['two words', 'two words'],
    ['1.2.3', '1.2.3'],
    ['007', '007'],
    ['+1', '+1'],
    ['True', 'True'],
    ['{"a":1}', '{"a":1}'],
    ['[unclosed', '[unclosed'],
    ['"', '"'],
    ['8080', 8080],
    ['-0.5', -0.5],
    ['1e+21', 1e21],
    ['5e-324', 5e-324],
    ['true', true],
    ['false', false],
    ['null', null],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', 9007199254740993n],
    ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ['.inf', Number.POSITIVE_INFINITY],
    ['-.inf', Number.NEGATIVE_INFINITY],
    ['.nan', Number.NaN],
    ['{}', {}],
    ['[]', []],
    ['["a",1,null,[true]]', ['a', 1, null, [true]]],
    ['[{"a":{"b":[]}}]', [{ a: { b: [] } }]],
    ['[9007199254740993,"9007199254740993"]', [9007199254740993n, '9007199254740993']],
    ['[{"n":-18446744073709551616,"s":"n1"}]', [{ n: -18446744073709551616n, s: 'n1' }]],
  ])('%j is read and written', (value, data) => {
    expect(readValue(value)).toStrictEqual(data);
    expect(writeValue(data)).toBe(value);
  });

  it.each(['8080', '1.0', '-1e5', 'true', 'null', '{}', '[]', '[1]', '"x"', '""', '.inf', '.nan'])(
    'puts the string %j in quotes, because it would read as something else',
    (text) => {
      expect(writeValue(text)).toBe(JSON.stringify(text));
      expect(readValue(writeValue(text))).toBe(text);
    },
  );

  it.each([
    '[1,]',
    '["a]',
    '"a"b"',
    '[01]',
    '"line\nbreak"',
    '-',
    '.5',
    '5.',
    '0x10',
    '1e400',
    ' 1',
  ])('reads %j as text, and writes it as it was', (text) => {
    expect(readValue(text)).toBe(text);
    expect(writeValue(text)).toBe(text);
  });

  it('reads a list with a number beyond all numbers as text', () => {
    expect(readValue('[1e400]')).toBe('[1e400]');
  });

  it('gives every reader its own empty map', () => {
    expect(readValue('{}')).not.toBe(readValue('{}'));
  });

  it('reads a list nested beyond all reason as text', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(readValue(nested(250))).toBeTypeOf('object');
    expect(readValue(nested(400_000))).toBe(nested(400_000));
    expect(sameData(nested(400_000), nested(400_001))).toBe(false);
  });

  it('keeps a key that looks like a prototype a key', () => {
    const value = '[{"__proto__":{"x":9007199254740993}}]';
    const data = readValue(value);
    expect(writeValue(data)).toBe(value);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});

describe('toJson', () => {
  it('writes Infinity and NaN inside a list as the strings that they read as', () => {
    expect(toJson([Number.NaN, { a: Number.NEGATIVE_INFINITY }])).toBe('[".nan",{"a":"-.inf"}]');
  });
});

describe('isMap', () => {
  it('takes maps only', () => {
    expect([{}, { a: 1 }].every(isMap)).toBe(true);
    expect([null, [], 'a', 1, 1n, true].some(isMap)).toBe(false);
  });
});

describe('sameData', () => {
  it.each([
    ['1.0', '1'],
    ['1e3', '1000'],
    ['"x"', 'x'],
    ['[1, 2]', '[1,2]'],
    ['[1.0]', '[1]'],
    ['-0', '0'],
    ['1e20', '100000000000000000000'],
    ['[ ]', '[]'],
  ])('%j and %j are the same', (a, b) => {
    expect(sameData(a, b)).toBe(true);
    expect(sameData(b, a)).toBe(true);
  });

  it.each([
    ['8080', '"8080"'],
    ['true', '"true"'],
    ['', 'null'],
    ['{}', '[]'],
    ['9007199254740993', '9007199254740992'],
    ['[9007199254740993]', '[9007199254740992]'],
    ['1', '1 '],
    ['1e400', '1e401'],
  ])('%j and %j are not', (a, b) => {
    expect(sameData(a, b)).toBe(false);
    expect(sameData(b, a)).toBe(false);
  });
});
