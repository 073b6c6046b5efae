import ts from 'typescript';
import { root } from './run.mjs';

const ENTRY = `${root}client/src/browser.ts`;
const SHARED = `${root}shared/src/index.ts`;
/** What peers know. What programs know is what the entry exports. */
const MESSAGES = ['UpMessage', 'DownMessage'];

/**
 * The names of properties that only the code of the client can know, so that its bundle may shorten
 * them: no exported type and no message has them, nor has the platform, and no string says them, which
 * a field could be looked up by. A name that is known outside is out as a whole, whatever else it
 * also names.
 */
export function internalNames() {
  const program = programOf();
  const own = new Set();
  const known = new Set();
  for (const file of program.getSourceFiles()) {
    const isOwn = isOurs(file);
    collect(
      file,
      (name) => (isOwn ? own : known).add(name),
      (text) => isOwn && known.add(text),
    );
  }
  const note = (name) => known.add(name);
  const checker = program.getTypeChecker();
  // Some are asked for by `import * as`.
  for (const file of program.getSourceFiles().filter(isOurs))
    for (const { name } of exportsOf(program, file.fileName)) note(name);
  const seen = new Set();
  for (const symbol of exportsOf(program, ENTRY)) walkSymbol(symbol, { checker, seen, note });
  for (const symbol of exportsOf(program, SHARED))
    if (MESSAGES.includes(symbol.name)) walkSymbol(symbol, { checker, seen, note });
  return [...own].filter((name) => !known.has(name)).sort();
}

function isOurs({ fileName }) {
  return ['client/src/', 'shared/src/'].some((folder) => fileName.startsWith(root + folder));
}

function programOf() {
  const { config } = ts.readConfigFile(`${root}client/tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, `${root}client`);
  return ts.createProgram([ENTRY, SHARED], {
    ...options,
    composite: false,
    noEmit: true,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    paths: { '@confer/shared': [SHARED] },
  });
}

/** The names of the members that a file declares, and what its strings say. */
function collect(file, onMember, onText) {
  const visit = (node) => {
    if (ts.isStringLiteralLike(node)) onText(node.text);
    const isMember =
      ts.isClassElement(node) || ts.isTypeElement(node) || ts.isObjectLiteralElement(node);
    if (isMember && node.name !== undefined && ts.isIdentifier(node.name)) onMember(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function exportsOf(program, path) {
  const checker = program.getTypeChecker();
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)))
    .map((each) => (each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each));
}

function walkSymbol(symbol, walk) {
  walkType(walk.checker.getDeclaredTypeOfSymbol(symbol), walk);
  if (symbol.valueDeclaration) walkType(walk.checker.getTypeOfSymbol(symbol), walk);
}

/** All names that a value of the type can be asked for, and all strings that it can be. */
function walkType(type, walk) {
  const { checker, seen, note } = walk;
  if (type === undefined || seen.has(type)) return;
  seen.add(type);
  if (type.isStringLiteral()) note(type.value);
  const parts = [
    ...(type.isUnionOrIntersection() ? type.types : []),
    ...(type.isTypeParameter() ? [checker.getBaseConstraintOfType(type)] : []),
    ...(type.aliasTypeArguments ?? []),
    ...(type.objectFlags & ts.ObjectFlags.Reference ? checker.getTypeArguments(type) : []),
    ...checker.getIndexInfosOfType(type).map((info) => info.type),
  ];
  for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()])
    parts.push(
      signature.getReturnType(),
      ...signature.getParameters().map((each) => checker.getTypeOfSymbol(each)),
    );
  for (const property of type.getProperties()) {
    note(property.name);
    if (!isOfPlatform(property)) parts.push(checker.getTypeOfSymbol(property));
  }
  for (const part of parts) walkType(part, walk);
}

/** Its names are known anyway, and it leads through all of the platform. */
function isOfPlatform({ declarations = [] }) {
  return declarations.some((each) => each.getSourceFile().isDeclarationFile);
}
