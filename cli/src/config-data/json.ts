import { type Data, isMap, toJson } from '@confer/shared';
import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { duplicate, NESTING_MAX, type Parsed, placeOf, SyntaxProblem, tooDeep } from './parsed.ts';

/** Reads strict JSON: no comments, no trailing commas, no key twice. Integers keep every digit. */
export function parseJson(text: string): Parsed {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined) throw new SyntaxProblem(meaningOf(error), placeOf(text, error.offset));
  if (tree === undefined) throw new SyntaxProblem('a value is missing', { line: 1, column: 1 });
  return {
    data: dataOf(tree, text, 0),
    warnings: [],
    locate: (keys) => locate(tree, text, keys),
  };
}

/** JSON for people: indented, with integers of any size. */
export function formatJson(data: Data, indent = ''): string {
  const deeper = `${indent}  `;
  const wrap = (open: string, items: readonly string[], close: string) =>
    `${open}\n${items.map((item) => deeper + item).join(',\n')}\n${indent}${close}`;
  if (Array.isArray(data) && data.length > 0)
    return wrap(
      '[',
      data.map((item) => formatJson(item, deeper)),
      ']',
    );
  if (!isMap(data) || Object.keys(data).length === 0) return toJson(data);
  const member = ([key, item]: [string, Data]) =>
    `${JSON.stringify(key)}: ${formatJson(item, deeper)}`;
  return wrap('{', Object.entries(data).map(member), '}');
}

function dataOf(node: Node, text: string, depth: number): Data {
  if (depth > NESTING_MAX) throw tooDeep(placeOf(text, node.offset));
  const children = node.children ?? [];
  switch (node.type) {
    case 'object':
      return mapOf(children, text, depth + 1);
    case 'array':
      return children.map((child) => dataOf(child, text, depth + 1));
    case 'number':
      return numberOf(node, text);
    default:
      return node.value;
  }
}

function mapOf(properties: readonly Node[], text: string, depth: number): Data {
  const items = new Map<string, Data>();
  for (const { children: [key, value] = [] } of properties) {
    if (key === undefined || value === undefined) continue;
    if (items.has(key.value)) throw duplicate(key.value, placeOf(text, key.offset));
    items.set(key.value, dataOf(value, text, depth));
  }
  return Object.fromEntries(items);
}

function numberOf(node: Node, text: string): number | bigint {
  const digits = text.slice(node.offset, node.offset + node.length);
  const value = Number(digits);
  if (!Number.isFinite(value))
    throw new SyntaxProblem('the number is too large', placeOf(text, node.offset));
  return Number.isSafeInteger(value) || !/^-?[0-9]+$/.test(digits) ? value : BigInt(digits);
}

function locate(tree: Node, text: string, keys: readonly string[]) {
  const value = findNodeAtLocation(tree, [...keys]);
  const key = value?.parent?.type === 'property' ? value.parent : value;
  return key === undefined ? undefined : placeOf(text, key.offset);
}

/** `InvalidCommentToken` reads `invalid comment token`. */
function meaningOf(error: ParseError): string {
  return printParseErrorCode(error.error).replace(
    /(?<=.)[A-Z]|^[A-Z]/g,
    (letter, at: number) => (at === 0 ? '' : ' ') + letter.toLowerCase(),
  );
}
