import { expect, test } from 'vitest';
import { quotedForBash, readBashLine } from './bash-line.ts';

/** As bash has them from the start. */
const BREAKS = ' \t\n"\'><=;|&(:';
const read = (line: string) => readBashLine(line, BREAKS, '/h');

test.each([
  ['confer get /a', ['confer', 'get'], '/a', 0, ''],
  ['confer get ', ['confer', 'get'], '', 0, ''],
  ['  confer\tget  /a', ['confer', 'get'], '/a', 0, ''],
  ['confer get /a\\ b', ['confer', 'get'], '/a b', 0, ''],
  ['confer get /a:b', ['confer', 'get'], '/a:b', 3, ''],
  ['confer get /a\\:b', ['confer', 'get'], '/a:b', 0, ''],
  ['confer get --at=/a', ['confer', 'get'], '--at=/a', 5, ''],
  ['confer get "/a b', ['confer', 'get'], '/a b', 0, '"'],
  ["confer get '/a\\ b", ['confer', 'get'], '/a\\ b', 0, "'"],
  ['confer get "/a\\"b\\n', ['confer', 'get'], '/a"b\\n', 0, '"'],
  ['confer --ca ~/x\\ y "~/b" ', ['confer', '--ca', '/h/x y', '~/b'], '', 0, ''],
  ['confer get /a\\', ['confer', 'get'], '/a\\', 0, ''],
  ['', [], '', 0, ''],
])('the line %j is read as bash reads it', (line, words, current, kept, quote) => {
  expect(read(line)).toEqual({ words, current, kept, quote });
});

test('a word is quoted for where it goes, and is read as itself there', () => {
  const word = `/a b/it's/"q"/$x/\`y\`/c:d/e=f/*?[z]/\\/ü;&|<>(){}#!~`;
  for (const quote of ['', '"', "'"] as const) {
    const { current } = read(`confer get ${quote}${quotedForBash(word, quote)}`);
    expect(current).toBe(word);
  }
});
