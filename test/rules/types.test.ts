import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { commentsOf } from './comments.ts';
import { allSources, parse, placeOf, type Source, visit } from './source.ts';

/**
 * Ways around the type system that Biome lets pass, and around what the tools forbid. Tests may say where they
 * expect the compiler to refuse.
 */
function typeProblems(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const problems: string[] = [];
    visit(source.tree, (node) => {
      const problem = nodeProblem(node, source);
      if (problem !== undefined) problems.push(`${placeOf(source, node)} ${problem}`);
    });
    return [...problems, ...commentProblems(source)];
  });
}

function nodeProblem(node: ts.Node, source: Source): string | undefined {
  const definite = ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node);
  if (definite && node.exclamationToken !== undefined) return '!: give it a value from the start';
  if (ts.isTypeAssertionExpression(node)) return 'a cast: narrow the type, or use satisfies';
  if (!ts.isAsExpression(node) || ts.isConstTypeReference(node.type)) return undefined;
  const isDouble = ts.isAsExpression(node.expression);
  return isDouble || !source.isTest ? 'a cast: narrow the type, or use satisfies' : undefined;
}

/** These rules of Biome have no exception; knip passes over what a comment calls public. */
const SPARED =
  /biome-ignore(-all|-start)?\s+lint(\s|:|\/\w+:|\/\S*no(ExplicitAny|NonNull|Excessive|Barrel|ReExport))|@(public|alias)\b/;

function commentProblems(source: Source): string[] {
  const silencing = source.isTest ? /@ts-(ignore|nocheck)/ : /@ts-(ignore|nocheck|expect-error)/;
  return commentsOf(source).flatMap(({ line, text }) => {
    const place = `${source.path}:${line}`;
    if (silencing.test(text)) return [`${place} silences the compiler: fix what it says`];
    if (SPARED.test(text)) return [`${place} silences a house rule: keep to it`];
    return /\b(TODO|FIXME|XXX|HACK)\b/.test(text) ? [`${place} is not done: do it`] : [];
  });
}

describe('the type system', () => {
  it('is not worked around, and nothing is left to do', () => {
    expect(typeProblems(allSources())).toEqual([]);
  });

  it.each([
    ['const x = y as unknown as Entry;', 'a cast'],
    ['const x = y as Entry;', 'a cast'],
    ['const x = <Entry>y;', 'a cast'],
    ['class A { x!: number; }', '!: give it a value'],
    ['// @ts-ignore\nx();', 'silences the compiler'],
    ['// @ts-expect-error\nx();', 'silences the compiler'],
    ['// biome-ignore lint/suspicious/noExplicitAny: no\nx();', 'silences a house rule'],
    ['// biome-ignore lint: no\nx();', 'silences a house rule'],
    ['/** @public */\nexport const x = 1;', 'silences a house rule'],
    ['function f() {\n  // TODO: later\n}', 'is not done'],
    ['x(); // FIXME', 'is not done'],
    ['/**\n * XXX what now\n */\nx();', 'is not done'],
  ])('would be seen to be in %j', (text, problem) => {
    const problems = typeProblems([parse('client/src/a.ts', text)]);
    expect([...new Set(problems)]).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    "const x = ['a'] as const;",
    'const x = { a: 1 } satisfies Data;',
    '// biome-ignore lint/suspicious/noThenProperty: that is what it is about',
    "const title = 'TODO // FIXME @ts-ignore';",
    'if (a !== b) x = !y;',
  ])('is not seen to be in %j', (text) => {
    expect(typeProblems([parse('client/src/a.ts', text)])).toEqual([]);
  });

  it('may be asked by a test to refuse', () => {
    expect(typeProblems([parse('client/src/a.test.ts', '// @ts-expect-error\nx();')])).toEqual([]);
  });
});
