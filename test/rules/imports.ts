import ts from 'typescript';
import { placeOf, resolve, type Source, visit } from './source.ts';

/** One import, re-export, `import()` or `import('...')` type. */
export interface Import {
  readonly source: Source;
  readonly specifier: string;
  /** The file of this repository that a relative import names. */
  readonly target: string | undefined;
  /** What is taken from it, by its name there. */
  readonly names: readonly string[] | 'all';
  readonly typeOnly: boolean;
  readonly place: string;
}

type Taken = Pick<Import, 'names' | 'typeOnly'>;

const ALL: Taken = { names: 'all', typeOnly: false };

export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  visit(source.tree, (node) => {
    const { specifier, ...taken } = importIn(node) ?? {};
    if (specifier === undefined || !('names' in taken)) return;
    const target = resolve(source, specifier.text);
    found.push({
      source,
      specifier: specifier.text,
      target,
      place: placeOf(source, node),
      ...taken,
    });
  });
  return found;
}

function importIn(node: ts.Node): (Taken & { specifier: ts.StringLiteral }) | undefined {
  const [specifier, taken] = moduleAndTaken(node);
  if (specifier === undefined || !ts.isStringLiteral(specifier)) return undefined;
  return { specifier, ...taken };
}

function moduleAndTaken(node: ts.Node): [ts.Node | undefined, Taken] {
  if (ts.isImportDeclaration(node)) return [node.moduleSpecifier, takenByImport(node.importClause)];
  if (ts.isExportDeclaration(node)) return [node.moduleSpecifier, takenByExport(node)];
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return [node.arguments[0], takenByCall(node)];
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const names = node.qualifier === undefined ? 'all' : [node.qualifier.getText()];
    return [node.argument.literal, { names, typeOnly: true }];
  }
  return [undefined, ALL];
}

function takenByImport(clause: ts.ImportClause | undefined): Taken {
  if (clause === undefined) return { names: [], typeOnly: false };
  const typeOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const byDefault = clause.name === undefined ? [] : ['default'];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return { names: byDefault, typeOnly };
  if (ts.isNamespaceImport(bindings)) return { names: 'all', typeOnly };
  return takenByName(bindings.elements, typeOnly, byDefault);
}

function takenByExport(node: ts.ExportDeclaration): Taken {
  if (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))
    return { names: 'all', typeOnly: node.isTypeOnly };
  return takenByName(node.exportClause.elements, node.isTypeOnly, []);
}

function takenByName(
  elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
  typeOnly: boolean,
  more: readonly string[],
): Taken {
  const names = elements.map((element) => (element.propertyName ?? element.name).text);
  const onlyTypes = elements.length > 0 && elements.every((element) => element.isTypeOnly);
  return { names: [...more, ...names], typeOnly: typeOnly || (onlyTypes && more.length === 0) };
}

/** `const { a, b } = await import('...')` takes a and b. */
function takenByCall(call: ts.CallExpression): Taken {
  const awaited = call.parent;
  const declaration = awaited.parent;
  if (!ts.isAwaitExpression(awaited) || !ts.isVariableDeclaration(declaration)) return ALL;
  if (!ts.isObjectBindingPattern(declaration.name)) return ALL;
  const names = declaration.name.elements.map(({ propertyName, name }) =>
    (propertyName ?? name).getText(),
  );
  return { names, typeOnly: false };
}
