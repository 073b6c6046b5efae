import { describe, expect, expectTypeOf, it } from 'vitest';
import * as v from './schema.ts';

/** What a schema says of a JSON text: the value it is, or the place and the reason why it is none. */
function judge(schema: v.Schema<unknown>, json: string): unknown {
  const value: unknown = JSON.parse(json);
  const problem: v.Problem = { path: [], text: '', hasUnknown: false };
  const taken = v.take(schema, value, problem);
  return taken === undefined ? `${problem.path.join('.')}: ${problem.text}` : { value: taken };
}

const person = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(5)),
  age: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  boss: v.exactOptional(v.nullable(v.object({ name: v.string() }))),
});

const shape = v.variant('type', [
  v.object({ type: v.literal('circle'), radius: v.number() }),
  v.object({ type: v.literal('path'), points: v.array(v.object({ x: v.number() })) }),
]);

describe('a value that fits', () => {
  it.each<[string, v.Schema<unknown>]>([
    ['""', v.string()],
    ['-1.5', v.number()],
    ['false', v.boolean()],
    ['null', v.nullable(v.string())],
    ['"a"', v.nullable(v.string())],
    ['"put"', v.literal('put')],
    ['"events"', v.picklist(['state', 'events'])],
    ['[]', v.array(v.string())],
    ['["a","b"]', v.array(v.string())],
    ['{"a":1,"constructor":2}', v.record(v.string(), v.number())],
    ['{"a":1}', v.pipe(v.record(v.string(), v.number()), v.maxEntries(1))],
    ['["a"]', v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(1))],
    ['"\\ud83e\\udd8a"', v.pipe(v.string(), v.wellFormed())],
    ['{"name":"a"}', person],
    ['{"name":"abcde","age":0,"boss":null}', person],
    ['{"name":"a","boss":{"name":"b"}}', person],
    ['{"type":"circle","radius":1}', shape],
    ['{"type":"path","points":[{"x":1},{"x":2}]}', shape],
  ])('is taken as it is: %s', (json, schema) => {
    expect(judge(schema, json)).toStrictEqual({ value: JSON.parse(json) });
  });
});

describe('a value that does not fit', () => {
  it.each<[string, v.Schema<unknown>, string]>([
    ['5', v.string(), ': expected string, got 5'],
    ['null', v.string(), ': expected string, got null'],
    ['[1]', v.string(), ': expected string, got array'],
    ['{}', v.string(), ': expected string, got object'],
    ['"\\udd8a"', v.pipe(v.string(), v.wellFormed()), ': expected well_formed, got "\\udd8a"'],
    ['"5"', v.number(), ': expected number, got "5"'],
    ['0', v.boolean(), ': expected boolean, got 0'],
    ['"PUT"', v.literal('put'), ': expected "put", got "PUT"'],
    ['"all"', v.picklist(['state', 'events']), ': expected "state" or "events", got "all"'],
    ['1', v.nullable(v.string()), ': expected string, got 1'],
    ['{"length":0}', v.array(v.string()), ': expected array, got object'],
    ['["a",1,2]', v.array(v.string()), '1: expected string, got 1'],
    ['[]', v.record(v.string(), v.number()), ': expected object, got array'],
    ['{"a":1,"b":"c"}', v.record(v.string(), v.number()), 'b: expected number, got "c"'],
    [
      '{"ab":1}',
      v.record(v.pipe(v.string(), v.maxLength(1)), v.number()),
      'ab: expected max_length 1, got "ab"',
    ],
    [
      '{"a":1,"b":2}',
      v.pipe(v.record(v.string(), v.number()), v.maxEntries(1)),
      ': expected max_entries 1, got object',
    ],
    ['null', person, ': expected object, got null'],
    ['[]', person, ': expected object, got array'],
    ['{}', person, 'name: expected string, got nothing'],
    ['{"name":""}', person, 'name: expected min_length 1, got ""'],
    ['{"name":"abcdef"}', person, 'name: expected max_length 5, got "abcdef"'],
    ['{"name":"a","age":null}', person, 'age: expected number, got null'],
    ['{"name":"a","age":0.5}', person, 'age: expected safe_integer, got 0.5'],
    [
      '{"name":"a","age":9007199254740992}',
      person,
      'age: expected safe_integer, got 9007199254740992',
    ],
    ['{"name":"a","age":-1}', person, 'age: expected min_value 0, got -1'],
    ['{"name":"a","boss":{"name":1}}', person, 'boss.name: expected string, got 1'],
    ['"circle"', shape, ': expected object, got "circle"'],
    ['{}', shape, 'type: expected "circle" or "path", got nothing'],
    ['{"type":"line"}', shape, 'type: expected "circle" or "path", got "line"'],
    ['{"type":["circle"]}', shape, 'type: expected "circle" or "path", got array'],
    ['{"type":"circle"}', shape, 'radius: expected number, got nothing'],
    ['{"type":"path","points":[{"x":1},{"x":"2"}]}', shape, 'points.1.x: expected number, got "2"'],
  ])('is refused with the place and the reason: %s', (json, schema, problem) => {
    expect(judge(schema, json)).toBe(problem);
  });
});

describe('fields that no schema names', () => {
  it('are taken out, at every depth', () => {
    expect(
      judge(person, '{"a":1,"name":"a","b":{"c":[]},"boss":{"x":1,"name":"b"}}'),
    ).toStrictEqual({
      value: { name: 'a', boss: { name: 'b' } },
    });
    expect(judge(shape, '{"radius":1,"z":2,"type":"circle"}')).toStrictEqual({
      value: { type: 'circle', radius: 1 },
    });
  });

  it('are taken out whatever they are called', () => {
    const taken = judge(person, '{"name":"a","__proto__":{"age":"x"},"toString":1,"length":9}');
    expect(taken).toStrictEqual({ value: { name: 'a' } });
  });

  it('are taken out of what is wrapped: pipes, lists, records, optional and nullable fields', () => {
    const deep = v.object({
      piped: v.pipe(v.array(person), v.minLength(1)),
      named: v.record(v.string(), v.exactOptional(v.nullable(person))),
    });
    expect(
      judge(deep, '{"piped":[{"name":"a","z":1}],"named":{"b":{"name":"b","z":1},"c":null},"z":1}'),
    ).toStrictEqual({ value: { piped: [{ name: 'a' }], named: { b: { name: 'b' }, c: null } } });
  });

  it('cost no copy where there are none', () => {
    const value: unknown = JSON.parse('{"name":"a","boss":{"name":"b"}}');
    expect(v.take(person, value, { path: [], text: '', hasUnknown: false })).toBe(value);
  });

  it('do not stand in for one that is missing', () => {
    expect(judge(person, '{"__proto__":{"name":"a"}}')).toBe('name: expected string, got nothing');
  });

  it('of a record set no prototype, nor does a copy of it', () => {
    const labels = v.record(v.string(), v.string());
    expect(judge(labels, '{"__proto__":"x","a":"b"}')).toStrictEqual({ value: { a: 'b' } });
  });
});

describe('the type that programs see', () => {
  it('is the one that the schema says, with optional fields optional', () => {
    expectTypeOf<v.InferOutput<typeof person>>().toEqualTypeOf<{
      name: string;
      age?: number;
      boss?: { name: string } | null;
    }>();
    expectTypeOf<v.InferOutput<typeof shape>>().toEqualTypeOf<
      { type: 'circle'; radius: number } | { type: 'path'; points: { x: number }[] }
    >();
  });
});
