import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { reachable } from './reach.ts';
import { allSources, parse, type Source, visit } from './source.ts';

/** Where programs and other packages come in. */
const ENTRY = /^\w+\/src\/(index|main|browser)\.ts$/;
/** Where test runners and the benchmark come in. */
const TEST_ENTRY = /\.test\.ts$|^test\/bench\/main\.ts$|^test\/support\/uws-here\.ts$/;
/** The schema of every message is exported under its own name, used alone or not. */
const EXPORTS_ALL = /^shared\/src\/messages\//;

function deadFiles(sources: readonly Source[]): string[] {
  const paths = sources.map(({ path }) => path);
  const live = reachable(sources, paths.filter(matches(ENTRY)));
  const tested = reachable(sources, paths.filter(matches(TEST_ENTRY)));
  return sources.flatMap(({ path, isTest }) => {
    // What describes a library that has no types of its own is there for the compiler.
    if (path.endsWith('.d.ts')) return [];
    if (live.has(path) || (isTest && tested.has(path))) return [];
    return tested.has(path)
      ? [`${path} is used by tests alone: name it *.contract.ts, move it to test/, or delete it`]
      : [`${path} is imported by nothing: delete it`];
  });
}

function deadExports(sources: readonly Source[]): string[] {
  const used = new Map<string, Set<string>>();
  for (const { target, names } of sources.flatMap(importsOf)) {
    if (target === undefined) continue;
    const known = used.get(target) ?? new Set();
    for (const name of names === 'all' ? ['*'] : names) known.add(name);
    used.set(target, known);
  }
  return sources
    .filter(({ path }) => !ENTRY.test(path) && !EXPORTS_ALL.test(path))
    .flatMap((source) => {
      const names = used.get(source.path) ?? new Set();
      if (names.has('*')) return [];
      return exportsOf(source)
        .filter((name) => !names.has(name) && !isFaceOf(source, name))
        .map((name) => `${source.path} exports ${name}, which nobody imports`);
    });
}

function exportsOf({ tree }: Source): string[] {
  return tree.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined)
      return ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map(({ name }) => name.text)
        : [statement.exportClause.name.text];
    if (!ts.canHaveModifiers(statement) || !isExported(statement)) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    return ts.isDeclarationStatement(statement) ? (statement.name?.getText() ?? []) : [];
  });
}

/** A type that the file's own exports speak of belongs to its face, whoever names it or not. */
function isFaceOf({ tree }: Source, name: string): boolean {
  const isType = (statement: ts.Statement) =>
    (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
    statement.name.text === name;
  if (!tree.statements.some(isType)) return false;
  let mentions = 0;
  visit(tree, (node) => {
    if (ts.isIdentifier(node) && node.text === name) mentions += 1;
  });
  return mentions > 1;
}

function isExported(statement: ts.HasModifiers): boolean {
  return (
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
  );
}

const matches = (pattern: RegExp) => (path: string) => pattern.test(path);

describe('dead code', () => {
  it('is in no file', () => {
    expect(deadFiles(allSources())).toEqual([]);
  });

  it('is exported nowhere', () => {
    expect(deadExports(allSources())).toEqual([]);
  });

  const sources = [
    parse('client/src/index.ts', "export { connect } from './client.ts';"),
    parse('client/src/client.ts', "import type { A } from './a.ts';\nexport const connect = 1;"),
    parse(
      'client/src/a.ts',
      'export interface A {}\nexport function b() {}\nconst c = 1;\nexport type D = A;',
    ),
    parse('client/src/old.ts', 'export class Old {}'),
    parse('client/src/helper.ts', 'export const [help] = [];\nexport type { A as B };'),
    parse('client/src/a.test.ts', "import * as all from './helper.ts';"),
  ];

  it('would be found in files', () => {
    expect(deadFiles(sources)).toEqual([
      'client/src/old.ts is imported by nothing: delete it',
      'client/src/helper.ts is used by tests alone: name it *.contract.ts, move it to test/, or delete it',
    ]);
  });

  it('would be found in exports', () => {
    expect(deadExports(sources)).toEqual([
      'client/src/a.ts exports b, which nobody imports',
      'client/src/a.ts exports D, which nobody imports',
      'client/src/old.ts exports Old, which nobody imports',
    ]);
  });
});
