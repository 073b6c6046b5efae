import type { Entry } from './entry.ts';
import { keyOfSegment } from './key.ts';
import { relativeTo } from './path.ts';
import { type Data, isMap, readValue } from './scalar.ts';

/** Two paths that stand for one key, or one name. */
export class CollisionError extends Error {
  override readonly name = 'CollisionError';

  constructor(first: string, second: string, shared: string) {
    super(`${first} and ${second} are both ${shared}`);
  }
}

interface Node {
  path: string;
  value: string | undefined;
  readonly children: Map<string, Node>;
}

/**
 * The data that the entries of the subtree `base` stand for; the inverse of `flatten`. `read` says what a value
 * stands for.
 */
export function unflatten(
  entries: readonly Pick<Entry, 'path' | 'value'>[],
  base: string,
  read: (value: string) => Data = readValue,
): Data | undefined {
  const root: Node = { path: base, value: undefined, children: new Map() };
  for (const { path, value } of entries) nodeAt(root, path, base).value = value;
  return entries.length === 0 ? undefined : dataOf(root, read);
}

function nodeAt(root: Node, path: string, base: string): Node {
  const below = relativeTo(path, base);
  if (below === '') return root;
  let node = root;
  for (const segment of below.split('/')) {
    let child = node.children.get(segment);
    if (child === undefined) {
      child = {
        path: `${node.path === '/' ? '' : node.path}/${segment}`,
        value: undefined,
        children: new Map(),
      };
      node.children.set(segment, child);
    }
    node = child;
  }
  return node;
}

function dataOf(node: Node, read: (value: string) => Data): Data {
  const own = node.value === undefined ? undefined : read(node.value);
  if (node.children.size === 0) return own ?? null;
  const items = new Map<string, Data>();
  // `{}` says that there is nothing below, which its children have overtaken.
  if (own !== undefined && !isMap(own)) items.set('', own);
  const owners = new Map<string, Node>();
  for (const [segment, child] of node.children) {
    const key = keyOfSegment(segment);
    const other = owners.get(key);
    if (other !== undefined)
      throw new CollisionError(other.path, child.path, `the key ${JSON.stringify(key)}`);
    owners.set(key, child);
    items.set(key, dataOf(child, read));
  }
  // Unlike assignment, this makes `__proto__` an ordinary key.
  return Object.fromEntries(items);
}
