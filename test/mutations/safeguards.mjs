/**
 * Switches off a safeguard of the product in the text of its file. The source names it in a comment above the
 * statement, member or operand that it is (`// safeguard: name`), and a mutant says what becomes of that:
 *
 *   'drop'                     it is not there
 *   'never', 'always'          the condition in it (of an `if`, a `?:`, or else what it returns or names) is constant
 *   'never last', 'always 1'   so is one operand of that condition: `first`, `last`, or its place from 0
 *   'later 2'                  it comes after the two statements behind it
 *   { when }, { returns }      another condition; a function that returns this and does nothing else
 *   { before }, { after }, { becomes }    code in front of it, behind it, in its place
 *   { find, replace }          a text in it, where nothing else says what is meant
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['shared/src', 'server/src', 'client/src', 'cli/src', 'test/support'];

/** Where each safeguard is named, by its name: the files, one for each time. */
export function safeguards() {
  const named = new Map();
  for (const folder of FOLDERS)
    for (const name of readdirSync(join(root, folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = `${folder}/${name.replaceAll('\\', '/')}`;
      for (const [, safeguard] of readFileSync(join(root, file), 'utf8').matchAll(
        mention('[\\w-]+'),
      ))
        named.set(safeguard, [...(named.get(safeguard) ?? []), file]);
    }
  return named;
}

function mention(name) {
  return new RegExp(`\\bsafeguard: (${name})(?![\\w-])`, 'g');
}

/** The texts of the files of these safeguards, with each in them treated as `edits` say. */
export function mutated(edits, named) {
  const spans = new Map();
  for (const [name, how] of edits) {
    const files = named.get(name) ?? [];
    if (files.length !== 1)
      throw new Error(`the source names ${name} ${files.length} times instead of once`);
    const [file] = files;
    const source = ts.createSourceFile(
      file,
      readFileSync(join(root, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const before = spans.get(file) ?? { text: source.text, changes: [] };
    try {
      before.changes.push(...changesOf(guarded(source, source.text.search(mention(name))), how));
    } catch (error) {
      throw new Error(`${name} in ${file}: ${error.message}`);
    }
    spans.set(file, before);
  }
  return new Map([...spans].map(([file, { text, changes }]) => [file, spliced(text, changes)]));
}

function spliced(text, changes) {
  const fromTheEnd = changes.toSorted((a, b) => b.start - a.start);
  return fromTheEnd.reduce(
    (all, { start, end, put }) => all.slice(0, start) + put + all.slice(end),
    text,
  );
}

/** The largest node that the comment at `place` stands in front of. */
function guarded(node, place) {
  return ts.forEachChild(node, (child) => {
    if (place < child.pos || place >= child.end) return undefined;
    return place < child.getStart() ? child : guarded(child, place);
  });
}

function changesOf(node, how) {
  if (node === undefined) throw new Error('nothing stands below its name');
  const [start, end] = [node.getStart(), node.end];
  if (how === 'drop') return [dropped(node)];
  if (typeof how === 'string') {
    const [verb, which] = how.split(' ');
    return verb === 'later'
      ? moved(node, Number(which))
      : [put(operand(condition(node), which), `${verb === 'always'}`)];
  }
  if (how.when !== undefined) return [put(condition(node), how.when)];
  if (how.returns !== undefined) return [put(node.body, `{ return ${how.returns}; }`)];
  if (how.becomes !== undefined) return [put(node, how.becomes)];
  if (how.before !== undefined) return [{ start, end: start, put: how.before }];
  if (how.after !== undefined) return [{ start: end, end, put: how.after }];
  const text = node.getText();
  if (text.split(how.find).length !== 2) throw new Error(`it does not have this once: ${how.find}`);
  return [
    put(
      node,
      text.replace(how.find, () => how.replace),
    ),
  ];
}

function put(node, text) {
  return { start: node.getStart(), end: node.end, put: text };
}

/** What stands in a list goes with its comma. */
function dropped(node) {
  if (ts.isStatement(node)) return put(node, ';');
  const [comma = ''] = /^\s*,/.exec(node.getSourceFile().text.slice(node.end)) ?? [];
  return { start: node.getStart(), end: node.end + comma.length, put: '' };
}

function moved(node, count) {
  const { statements } = node.parent;
  const behind = statements[statements.indexOf(node) + count];
  return [put(node, ';'), { start: behind.end, end: behind.end, put: node.getText() }];
}

/** A comment stands above a loop, and not inside of it, where its body is one statement. */
function condition(node) {
  if (ts.isForOfStatement(node)) return condition(node.statement);
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return node.expression;
  return (
    choice(node)?.condition ?? node.expression ?? node.declarationList.declarations[0].initializer
  );
}

/** The first `?:` of a statement. */
function choice(node) {
  return ts.isConditionalExpression(node) ? node : ts.forEachChild(node, choice);
}

function operand(expression, which) {
  if (which === undefined) return expression;
  const all = operands(expression, expression.operatorToken?.kind);
  const found = all.at(which === 'last' ? -1 : which === 'first' ? 0 : Number(which));
  if (all.length < 2 || found === undefined) throw new Error(`it has no ${which} operand`);
  return found;
}

/** `a`, `b` and `c` of `a || b || c`. */
function operands(node, kind) {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === kind
    ? [...operands(node.left, kind), node.right]
    : [node];
}
