import { expect, test } from 'vitest';
import type { Source } from '../config-data/read-source.ts';
import { declarationOf } from './declaration.ts';

const source = (values: Record<string, string>, empty: Source['empty'] = []) => ({
  values: new Map(Object.entries(values)),
  empty,
  ...{ files: 1, skipped: [], warnings: [] },
});

test('files at the root speak for the subtrees that they name there, and for none beside them', () => {
  const sources = [
    { input: 'a', source: source({ '/shop/port': '1', '/shop/db/host': 'x' }) },
    { input: 'b', source: source({ '/mail': '2' }) },
  ];
  expect(declarationOf(sources, '/')).toMatchObject({ subtrees: ['/mail', '/shop'] });
  expect(declarationOf(sources, '/all')).toMatchObject({ subtrees: ['/all'] });
});

test('an empty file speaks for its subtree and is no entry of it', () => {
  const empty = [{ file: 'shop.yaml', subtree: '/shop' }];
  const sources = [{ input: 'config', source: source({ '/shop': 'null', '/a': '1' }, empty) }];
  expect(declarationOf(sources, '/')).toEqual({
    values: new Map([['/a', '1']]),
    subtrees: ['/a', '/shop'],
    empty,
  });
});

test('two inputs that say what one path is are a problem that names both, and the path', () => {
  const sources = ['a.yaml', 'b.yaml'].map((input) => ({ input, source: source({ '/a': '1' }) }));
  expect(declarationOf(sources, '/')).toEqual({
    problems: ['b.yaml: says what /a is, and so does a.yaml'],
  });
});
