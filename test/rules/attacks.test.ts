import { expect, it } from 'vitest';
import { allSources } from './source.ts';
import { titlesOf } from './titles.ts';

/**
 * What was tried on servers of this kind, by number: Consul, etcd, Nacos, Apollo, Kubernetes and Vault each met some of
 * them. A title that ends in `(attack 7)`, or begins with the number, says which one a test tries.
 */
const ATTACKS = Array.from({ length: 40 }, (_, i) => i + 1);

/** Those that nobody can try yet. */
const NOT_YET: Readonly<Record<number, string>> = {
  38: 'nothing is streamed over HTTP',
};

it('try every attack that there is something to try it on', () => {
  const titles = allSources().flatMap(titlesOf);
  const tried = new Set(titles.flatMap(({ title }) => numbersIn(title)));
  expect(ATTACKS.filter((number) => !tried.has(number) && !(number in NOT_YET))).toEqual([]);
  expect(ATTACKS.filter((number) => tried.has(number) && number in NOT_YET)).toEqual([]);
});

it('would be seen to miss one', () => {
  expect(numbersIn('is refused (attacks 7, 8, 9)')).toEqual([7, 8, 9]);
  expect(numbersIn('S1 37 names the line')).toEqual([37]);
  expect(numbersIn('is refused after 10 attempts')).toEqual([]);
});

function numbersIn(title: string): number[] {
  const named = [...title.matchAll(/\(attacks? ([\d, ]+)\)/g)].map(([, list = '']) => list);
  const [, first] = /^(?:[SW]\d+ )*(\d\d) /.exec(title) ?? [];
  return [...named, first ?? '']
    .flatMap((list) => list.split(', '))
    .filter(Boolean)
    .map(Number);
}
