import { type Data, flatten, isMap, unflatten } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { formatJson, parseJson } from './json.ts';
import { formatYaml, parseYaml } from './yaml.ts';

const seeds = Array.from({ length: 3_000 }, (_, seed) => seed);

describe('random data comes back equal', () => {
  test('through the paths of a subtree', () => {
    for (const seed of seeds) {
      const data = randomData(seed);
      const values = flatten(data, '/a/b');
      const entries = Array.from(values, ([path, value]) => ({ path, value }));
      expect(unflatten(entries, '/a/b'), `seed ${seed}`).toEqual(data);
    }
  });

  test('through YAML', () => {
    for (const seed of seeds) {
      const data = randomData(seed);
      expect(parseYaml(formatYaml(data)).data, `seed ${seed}`).toEqual(data);
    }
  });

  test('through JSON', () => {
    for (const seed of seeds) {
      const data = randomData(seed);
      expect(parseJson(formatJson(data)).data, `seed ${seed}`).toEqual(data);
    }
  });

  test('and the data are nasty', () => {
    const all = seeds.map(randomData);
    const some = (holds: (data: Data) => boolean) => all.some((data) => anywhere(data, holds));
    expect(some((data) => isMap(data) && Object.hasOwn(data, '__proto__'))).toBe(true);
    expect(some((data) => isMap(data) && '' in data && Object.keys(data).length > 1)).toBe(true);
    expect(some((data) => typeof data === 'bigint')).toBe(true);
  });
});

function anywhere(data: Data, holds: (data: Data) => boolean): boolean {
  if (holds(data)) return true;
  if (Array.isArray(data)) return data.some((item) => anywhere(item, holds));
  return isMap(data) && Object.values(data).some((item) => anywhere(item, holds));
}

/** Seeded random data, fond of keys and strings that formats and paths trip over. */
function randomData(seed: number): Data {
  const random = new SeededRandom(seed);
  const { next } = random;
  const below = (n: number) => random.int(0, n - 1);
  function text(): string {
    if (next() < 0.7) return random.pick(TEXTS);
    const points = Array.from({ length: below(8) }, () => random.pick(CODE_POINTS));
    return String.fromCodePoint(...points);
  }
  function scalar(insideList: boolean): Data {
    if (next() < 0.5) return text();
    const integer = insideList ? below(1e6) : random.pick([2n ** 64n, -(2n ** 70n)]);
    const numbers = [below(10), -below(1e6), next(), 1e21, 5e-324, 2 ** 53 - 1, integer];
    return next() < 0.5 ? random.pick<Data>(numbers) : random.pick<Data>([true, false, null]);
  }
  function data(depth: number, insideList: boolean): Data {
    if (depth === 0 || next() < 0.3) return scalar(insideList);
    if (next() < 0.3) return Array.from({ length: below(4) }, () => data(depth - 1, true));
    const size = below(5);
    const keys = Array.from({ length: size }, () => (next() < 0.6 ? random.pick(KEYS) : text()));
    // The key `""` alone, or with a map, has no path of its own to be told apart by.
    const named = insideList ? keys : keys.filter((key) => key !== '');
    const map = new Map<string, Data>(named.map((key) => [key, data(depth - 1, insideList)]));
    if (!insideList && map.size > 0 && next() < 0.2) map.set('', scalar(insideList));
    return Object.fromEntries(map);
  }
  return data(4, false);
}

const KEYS = [
  'server',
  'management.security.enabled',
  '__proto__',
  'constructor',
  'toString',
  '.',
  '..',
  '%',
  '%2F',
  '/',
  'a/b',
  '<<',
  '8080',
  '0x1f',
  'true',
  'on',
  'null',
  '~',
  '10',
  '9',
  '\u0000\n\u007f\u0085',
  'Zürich 🚲',
  'key with: colon # hash',
  '- dash',
  '"quoted"',
  "it's",
  '2026-01-01',
  '=',
] as const;

const TEXTS = [
  ...KEYS,
  '',
  ' ',
  ' lead and trail ',
  'several\nlines\n',
  'no newline at the end\n of it',
  '\n\nleading newlines',
  'trailing newlines\n\n\n',
  'windows\r\nlines\r',
  '\ttab',
  'tab at the end\t\nand more',
  '---',
  '...',
  '--- x\n... y',
  '# no comment',
  '*alias',
  '&anchor',
  '!tag',
  '{}',
  '[]',
  '[1, 2',
  '[1]',
  '{"a":1}',
  '"8080"',
  '1_000',
  '1:30',
  '0o17',
  '017',
  '1e3',
  '1.0',
  '+1',
  '.5',
  '-0',
  '.inf',
  '.nan',
  'no',
  'y',
  'False',
  '2026-01-01T10:00:00Z',
  '12:30:45',
  '\ufeffbom',
  '\u2028line separator',
  `${'long '.repeat(40)}text`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of Spring's
  '${DB_PASSWORD:secret}',
] as const;

const CODE_POINTS = [
  0x20, 0x0a, 0x09, 0x0d, 0x22, 0x27, 0x23, 0x3a, 0x2d, 0x3f, 0x5c, 0x7b, 0x5d, 0x2c, 0x25, 0x40,
  0x60, 0x7c, 0x3e, 0x61, 0x30, 0xe9, 0xa0, 0x85, 0x2029, 0xfffd, 0x1f6b2,
] as const;
