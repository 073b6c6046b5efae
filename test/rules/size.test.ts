import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { allSources, parse, placeOf, type Source, visit } from './source.ts';

const FILE_LINES_MAX = 300;
const TEST_FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;

/**
 * What was larger when the rule came, with the size that it must not exceed. Entries only go:
 * split a file when it holds two ideas, and a function when it does two things.
 */
const EXCEPTIONS: Readonly<Record<string, number>> = {};

function fileProblems(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text, isTest }) => {
    const lines = text.split('\n').length - 1;
    const max = EXCEPTIONS[path] ?? (isTest ? TEST_FILE_LINES_MAX : FILE_LINES_MAX);
    return lines > max ? [`${path} has ${lines} lines, ${max} at most`] : [];
  });
}

/** The callbacks of `describe` are chapters and not functions, so files of tests are left out. */
function functionProblems(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !/\.(test|contract)\.ts$/.test(path))
    .flatMap((source) => {
      const problems: string[] = [];
      visit(source.tree, (node) => {
        if (!ts.isFunctionLike(node)) return;
        const lines = node.getText(source.tree).split('\n').length;
        if (lines > FUNCTION_LINES_MAX)
          problems.push(
            `${placeOf(source, node)} a function of ${lines} lines, ${FUNCTION_LINES_MAX} at most`,
          );
      });
      return problems;
    });
}

describe('the size', () => {
  it('of files is bounded', () => {
    expect(fileProblems(allSources())).toEqual([]);
  });

  it('of functions is bounded', () => {
    expect(functionProblems(allSources())).toEqual([]);
  });

  it('has no exception that is not needed any more', () => {
    const large = Object.fromEntries(
      allSources()
        .filter(({ path }) => path in EXCEPTIONS)
        .map(({ path, text }) => [path, text.split('\n').length - 1]),
    );
    expect(large).toEqual(EXCEPTIONS);
  });

  it('would be seen to be too large', () => {
    const lines = (count: number) => 'x();\n'.repeat(count);
    expect(fileProblems([parse('client/src/a.ts', lines(FILE_LINES_MAX))])).toEqual([]);
    expect(fileProblems([parse('client/src/a.ts', lines(FILE_LINES_MAX + 1))])).toHaveLength(1);
    const method = (count: number) => `class A {\n  m() {\n${lines(count)}  }\n}\n`;
    const inside = FUNCTION_LINES_MAX - 2;
    expect(functionProblems([parse('client/src/a.ts', method(inside))])).toEqual([]);
    expect(functionProblems([parse('client/src/a.ts', method(inside + 1))])).toEqual([
      `client/src/a.ts:2 a function of ${FUNCTION_LINES_MAX + 1} lines, ${FUNCTION_LINES_MAX} at most`,
    ]);
  });
});
