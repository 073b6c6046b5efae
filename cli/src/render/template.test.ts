import type { Entry } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { Template } from './template.ts';

/** A state with one subtree, or several, that holds these values; in the order of the tree. */
function stateOf(values: Readonly<Record<string, string>>, ...paths: readonly string[]) {
  const entries = Object.entries(values).map(
    ([path, value]): Entry => ({
      ...{ path, value, createRevision: 1, modRevision: 1, version: 1 },
      ...{ updatedAt: 0, updatedBy: 'tester' },
    }),
  );
  const subtrees = (paths.length === 0 ? ['/svc'] : paths).map((path) => ({
    path,
    entries: entries.filter((entry) => entry.path.startsWith(path)),
  }));
  return { revision: 1, subtrees };
}

const render = (text: string, values: Readonly<Record<string, string>> = {}, ...paths: string[]) =>
  new Template('t.liquid', text).render(stateOf(values, ...paths));

describe('a template', () => {
  test('prints values by path, absolute or below the only subtree', () => {
    const values = { '/svc/http/port': '8080', '/svc/name': '"8080"' };
    expect(render('{{ "/svc/http/port" | value }} {{ "name" | value }}', values)).toBe('8080 8080');
  });

  test('prints a number as it is stored', () => {
    const numbers = { '/svc/a': '1.10', '/svc/b': '1e3', '/svc/c': '12345678901234567890' };
    expect(render('{{ "a" | value }} {{ "b" | value }} {{ "c" | value }}', numbers)).toBe(
      '1.10 1e3 12345678901234567890',
    );
    expect(render('{{ "a" | value | times: 2 }}', numbers)).toBe('2.2');
  });

  test('knows true and false, and what may be missing', () => {
    const text =
      '{% assign on = "on" | value: false %}{% if on %}yes{% else %}no{% endif %} {{ "port" | value: 80 }}';
    expect(render(text)).toBe('no 80');
    expect(render(text, { '/svc/on': 'false', '/svc/port': '81' })).toBe('no 81');
    expect(render(text, { '/svc/on': 'true' })).toBe('yes 80');
  });

  test('goes through names and subtrees, in the order of the tree', () => {
    const values = {
      '/svc/up/a/host': 'h1',
      '/svc/up/a/weight': '2',
      '/svc/up/b/host': 'h2',
      '/svc/up-other': 'x',
    };
    const text = `{% assign up = "up" | tree -%}
{%- for pair in up %}{{ pair[0] }}={{ pair[1].host }}*{{ pair[1].weight | default: 1 }};{% endfor %}
{%- assign names = "up" | ls %} {{ names | join: "," }}`;
    expect(render(text, values)).toBe('a=h1*2;b=h2*1; a,b');
    expect(render('{% assign n = "nothing" | ls %}{{ n.size }}', values)).toBe('0');
  });

  test('prints lists and subtrees as it says', () => {
    const values = { '/svc/tags': '["a","b"]', '/svc/x/y': '1' };
    expect(render('{{ "tags" | value | join: " " }} {{ "x" | tree | json }}', values)).toBe(
      'a b {"y":1}',
    );
  });

  test('goes through the instances of a service that can serve', () => {
    const values = {
      '/svc/db/a': '{"address":"a:1","weight":3,"state":"healthy"}',
      '/svc/db/b': '{"address":"b:1","state":"draining"}',
      '/svc/db/c': '{"address":"c:1;}"}',
      '/svc/db/d': 'nonsense',
    };
    const text =
      '{% assign db = "db" | instances %}{% for one in db %}{{ one.address }} {{ one.weight }};{% else %}-{% endfor %}';
    expect(render(text, values)).toBe('a:1 3;');
    expect(render(text, {})).toBe('-');
  });

  test('takes a value as text, whatever it says', () => {
    const value = '{{ "x" | value }} {% raw %} <b> $(id) `id`';
    expect(render('{{ "x" | value }}', { '/svc/x': value })).toBe(value);
    const keys = { '/svc/__proto__/polluted': 'x', '/svc/constructor': 'y', '/svc/size': '9' };
    expect(render('{% assign t = "/svc" | tree %}{{ t.constructor }}{{ t.size }}', keys)).toBe(
      'y9',
    );
    expect({}).not.toHaveProperty('polluted');
  });

  test('sees several subtrees, absolutely', () => {
    const values = { '/a/x': '1', '/b/y': '2' };
    const paths = ['/a', '/b'];
    expect(render('{{ "/a/x" | value }}{{ "/b/y" | value }}', values, ...paths)).toBe('12');
    expect(() => render('{{ "x" | value }}', values, ...paths)).toThrow(
      't.liquid:1:1: "x" is relative, and --from names several subtrees: begin it with "/"',
    );
  });
});

describe('a template that cannot be rendered', () => {
  test.each([
    ['a\n  {{ "http/port" | value }}', ':2:3: http/port holds no value; where it may be missing'],
    ['{{ "up" | tree }}', ':1:1: up has nothing below it; where it may be missing'],
    ['{{ "/other/x" | value }}', ':1:1: /other/x is in no subtree that is followed: add --from'],
    ['{{ "//x" | value }}', ':1:1: "//x": a path has no empty segment'],
    ['{{ nope }}', ':1:4: undefined variable: nope'],
    ['{{ nope | value }}', ':1:4: undefined variable: nope'],
    ['{{ 7 | value }}', ':1:1: value takes a path in quotes'],
    ['{% assign t = "/svc" | tree %}{{ t }}', ':1:31: a subtree cannot be printed as it is'],
    ['{% assign t = "/svc" | ls %}{{ t }}', ':1:29: a list cannot be printed as it is'],
    ['{% assign t = "/svc" | tree %}{{ t.nope }}', ':1:34: undefined variable: t.nope'],
    ['{% for i in (1..1000000000) %}x{% endfor %}', ':1:1: memory alloc limit exceeded'],
  ])('says where and why: %j', (text, problem) => {
    expect(() => render(text, { '/svc/x': '1' })).toThrow(`t.liquid${problem}`);
  });

  test.each([
    ['{% if x %}', ':1:1: tag {% if x %} not closed'],
    ['\n{{ x', ':2:1: output "{{ x" not closed'],
    ['{{ x | nope }}', ':1:1: undefined filter: nope'],
    ['{% include "x" %}', ':1:1: tag "include" not found'],
  ])('is refused as a template: %j', (text, problem) => {
    expect(() => new Template('t.liquid', text)).toThrow(`t.liquid${problem}`);
  });

  test('ends where it takes too long', () => {
    const text = '{% for i in (1..100000) %}{% for j in (1..100000) %}{% endfor %}{% endfor %}';
    expect(() => render(text)).toThrow(/limit exceeded/);
  });
});
