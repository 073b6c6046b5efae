import ts from 'typescript';
import { type Source, visit } from './source.ts';

/** A call of `it`, `test` or `describe`: `it.skipIf(x)('title', ...)` has the chain `it.skipIf`. */
export interface Titled {
  readonly chain: string;
  readonly title: string;
  readonly node: ts.Node;
}

export function titlesOf(source: Source): Titled[] {
  const found: Titled[] = [];
  visit(source.tree, (node) => {
    if (!ts.isCallExpression(node)) return;
    const chain = chainOf(node.expression);
    if (chain === undefined || !/^(it|test|describe|suite)\b/.test(chain)) return;
    const [first] = node.arguments;
    const title = first !== undefined && isText(first) ? first.getText(source.tree) : '';
    found.push({ chain, title: title.slice(1, -1), node });
  });
  return found;
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** The names of a callee, through the calls in it: `it.each([...])` is `it.each`. */
function chainOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isCallExpression(node)) return chainOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return chainOf(node.tag);
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const of = chainOf(node.expression);
  return of === undefined ? undefined : `${of}.${node.name.text}`;
}
