import { describe, expect, test } from 'vitest';
import { parseJson } from './json.ts';
import { SyntaxProblem } from './parsed.ts';
import { parseBytes } from './read-file.ts';
import { parseToml } from './toml.ts';
import { formatYaml, parseYaml } from './yaml.ts';

/** `line:column: problem` of a text that must not parse. */
function problemOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof SyntaxProblem)
      return `${error.place?.line}:${error.place?.column}: ${error.message}`;
    throw error;
  }
  throw new Error('it was read');
}

describe('YAML', () => {
  test('one document is its data, several are 0, 1, ...', () => {
    expect(parseYaml('a: 1').data).toEqual({ a: 1 });
    expect(parseYaml('a: 1\n---\nb: 2\n---\n').data).toEqual({ 0: { a: 1 }, 1: { b: 2 }, 2: null });
  });

  test.each(['', '# nothing but a comment', '---\n'])('an empty document (%j) is null', (text) => {
    expect(parseYaml(text).data).toBeNull();
  });

  test('anchors and merge keys are followed', () => {
    const text = 'base: &base {x: 1, y: 2}\nmore:\n  <<: *base\n  y: 3\nsame: *base';
    expect(parseYaml(text).data).toEqual({
      base: { x: 1, y: 2 },
      more: { x: 1, y: 3 },
      same: { x: 1, y: 2 },
    });
  });

  test('integers keep every digit', () => {
    expect(parseYaml('[12345678901234567890, 7, 0x10]').data).toEqual([
      12345678901234567890n,
      7,
      16,
    ]);
  });

  test('words of YAML 1.1 are text, unless the document says that it is YAML 1.1', () => {
    expect(parseYaml('a: yes').data).toEqual({ a: 'yes' });
    expect(parseYaml('%YAML 1.1\n---\na: yes\nd: 2026-01-01').data).toEqual({
      a: true,
      d: '2026-01-01',
    });
  });

  test('an unknown tag is worth a warning', () => {
    const { data, warnings } = parseYaml('a: 1\nkey: !vault x');
    expect(data).toEqual({ a: 1, key: 'x' });
    expect(warnings).toEqual([
      { problem: 'Unresolved tag: !vault', place: { line: 2, column: 6 } },
    ]);
  });

  test.each([
    ['a: 1\nb: [1, 2', /^2:\d+: Flow sequence/],
    ['a: 1\na: 2', /^2:1: the key "a" is there twice/],
    ['a:\n  1: x\n  "1": y', /^3:3: the key "1" is there twice/],
    ['a:\n  ~: x', /^1:1: a key of the map is neither/],
    ['a: 1\nb: *nobody', /^2:4: Unresolved alias/],
    ['a: 1\nb: &b [*b]', /^2:1: an anchor holds itself/],
    ['ok: 1\n---\nb: c: d', /^3:4: Nested mappings/],
  ])('%j names the place of its problem', (text, problem) => {
    expect(problemOf(() => parseYaml(text))).toMatch(problem);
  });

  test('a map of very many keys takes no more than its share of time', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `key-${i}: ${i}`);
    expect(parseYaml(keys.join('\n')).data).toHaveProperty('key-49999', 49_999);
  });

  test('a text of very many lines takes no more than its share of time', () => {
    for (const line of ['\r\n', '\n', ' \n', 'x\n'])
      expect(formatYaml({ a: line.repeat(100_000) }).length).toBeGreaterThan(100_000);
  });

  test('anchors that multiply without end are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(problemOf(() => parseYaml(lines.join('\n')))).toContain('alias');
  });

  test('keys are found again in the text, through documents and anchors', () => {
    const parsed = parseYaml('a: 1\n---\nbase: &base\n  deep: 1\nother: *base');
    expect(parsed.locate(['1', 'base', 'deep'])).toEqual({ line: 4, column: 3 });
    expect(parsed.locate(['1', 'other', 'deep'])).toEqual({ line: 4, column: 3 });
  });

  test('what readers of YAML 1.1 take for something else is written in quotes', () => {
    const data = { on: 'yes', date: '2026-01-01', time: '1:30', octal: '010', n: '=' };
    expect(formatYaml(data)).toBe(
      '"on": "yes"\ndate: "2026-01-01"\ntime: "1:30"\noctal: "010"\n"n": "="\n',
    );
  });
});

describe('JSON', () => {
  test('integers keep every digit', () => {
    expect(parseJson('[12345678901234567890, 1.0, 1e2]').data).toEqual([
      12345678901234567890n,
      1,
      100,
    ]);
  });

  test.each([
    ['', '1:1: value expected'],
    ['{\n  "a": 1,\n  "a": 2\n}', '3:3: the key "a" is there twice'],
    ['{"a": 1,}', '1:9: property name expected'],
    ['[1] // no', '1:5: invalid comment token'],
    ['{"a": 1}}', '1:9: end of file expected'],
    ["{'a': 1}", '1:2: invalid symbol'],
    ['[1e999]', '1:2: the number is too large'],
  ])('%j names the place of its problem', (text, problem) => {
    expect(problemOf(() => parseJson(text))).toBe(problem);
  });

  test('keys are found again in the text', () => {
    expect(parseJson('{\n "a": {"b": 1}\n}').locate(['a', 'b'])).toEqual({ line: 2, column: 8 });
  });
});

describe('TOML', () => {
  test('tables are maps, dates are their text, integers keep every digit', () => {
    const text = `big = 9007199254740993
at = 2026-01-01T10:00:00.123456+02:00
day = 2026-01-01
[server]
"a.b" = inf
ports = [1, 2]`;
    expect(parseToml(text).data).toEqual({
      big: 9007199254740993n,
      at: '2026-01-01T10:00:00.123456+02:00',
      day: '2026-01-01',
      server: { 'a.b': Number.POSITIVE_INFINITY, ports: [1, 2] },
    });
  });

  test('__proto__ is an ordinary key', () => {
    expect(JSON.stringify(parseToml('[__proto__]\nx = 1').data)).toBe('{"__proto__":{"x":1}}');
  });

  test.each([
    ['a = 1\na = 2', /^2:1: /],
    ['a = 1\nb = ', /^2:5: /],
  ])('%j names the place of its problem', (text, problem) => {
    expect(problemOf(() => parseToml(text))).toMatch(problem);
  });
});

describe('bytes', () => {
  const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);

  test.each([
    ['yaml', 'open lists', '['.repeat(100_000)],
    ['yaml', 'block lists', '- '.repeat(100_000)],
    ['yaml', 'maps', '{a: '.repeat(10_000)],
    ['json', 'open lists', '['.repeat(100_000)],
    ['json', 'lists', '['.repeat(1_000) + ']'.repeat(1_000)],
    ['toml', 'lists', `a = ${'['.repeat(1_000)}`],
  ] as const)('that nest without end are refused: %s, %s', (format, _, text) => {
    expect(problemOf(() => parseBytes(bytes(text), format))).toMatch(/nest/);
  });

  test('a byte order mark is no part of the first key', () => {
    for (const [format, text] of [
      ['yaml', '\ufeffa: 1'],
      ['json', '\ufeff{"a":1}'],
      ['toml', '\ufeffa = 1'],
    ] as const)
      expect(parseBytes(bytes(text), format).data).toEqual({ a: 1 });
  });

  test('bytes that are not UTF-8 are refused with their place', () => {
    const latin1 = bytes('ä: 1\nnäme: 2', 'latin1');
    expect(problemOf(() => parseBytes(latin1, 'yaml'))).toBe('1:1: the file is not UTF-8');
    const mixed = Buffer.concat([bytes('ä: 1\nnä'), bytes('ä', 'latin1'), bytes('me: 2')]);
    expect(problemOf(() => parseBytes(mixed, 'yaml'))).toBe('2:3: the file is not UTF-8');
  });
});
