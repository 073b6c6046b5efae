import {
  type Change,
  CollisionError,
  type Entry,
  isMap,
  keyOfSegment,
  readValue,
  relativeTo,
  segmentOfKey,
} from '@confer/shared';
import { shareWith } from './immutable.ts';

type Placed = Pick<Entry, 'path' | 'value' | 'modRevision'>;

interface Node {
  readonly path: string;
  readonly children: Map<string, Node>;
  entry: Placed | undefined;
  /** What it and all below stand for, frozen; missing since something there changed. */
  data?: { readonly of: unknown };
}

/**
 * A subtree as data, kept up with its changes: only what lies above a change is made anew, and all else stays the same
 * object. It is what `unflatten` makes of all entries.
 */
export class ConfigTree {
  readonly path: string;
  #root: Node;

  constructor(path: string, entries: readonly Placed[] = []) {
    this.path = path;
    this.#root = newNode(path);
    for (const entry of entries) this.#put(entry);
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes)
      if (change.type === 'put') this.#put(change.entry);
      else this.#delete(change.path);
  }

  /** `undefined` where there is nothing. Throws a `CollisionError` where two paths stand for one key. */
  get data(): unknown {
    const { children, entry } = this.#root;
    return children.size === 0 && entry === undefined ? undefined : dataOf(this.#root);
  }

  /** The entry at a chain of keys. */
  entryAt(keys: readonly string[]): Placed | undefined {
    let node: Node | undefined = this.#root;
    for (const key of keys) node = node && childAt(node, key);
    return node?.entry;
  }

  #put(entry: Placed): void {
    let node = this.#root;
    delete node.data;
    for (const segment of this.#segmentsOf(entry.path)) {
      let child = node.children.get(segment);
      if (child === undefined) {
        child = newNode(`${node.path === '/' ? '' : node.path}/${segment}`);
        node.children.set(segment, child);
      }
      node = child;
      delete node.data;
    }
    node.entry = entry;
  }

  #delete(path: string): void {
    const way: [Node, string][] = [];
    let node: Node | undefined = this.#root;
    for (const segment of this.#segmentsOf(path)) {
      way.push([node, segment]);
      node = node.children.get(segment);
      if (node === undefined) return;
    }
    node.entry = undefined;
    delete node.data;
    for (const [parent, segment] of way.reverse()) {
      delete parent.data;
      if (node.entry === undefined && node.children.size === 0) parent.children.delete(segment);
      node = parent;
    }
  }

  #segmentsOf(path: string): readonly string[] {
    const below = relativeTo(path, this.path);
    return below === '' ? [] : below.split('/');
  }
}

function newNode(path: string): Node {
  return { path, children: new Map(), entry: undefined };
}

/** A segment that no key leads to (`100%`, written by hand) is its own key. */
function childAt({ children }: Node, key: string): Node | undefined {
  const byHand = keyOfSegment(key) === key ? children.get(key) : undefined;
  return children.get(segmentOfKey(key)) ?? byHand;
}

function dataOf(node: Node): unknown {
  node.data ??= { of: newDataOf(node) };
  return node.data.of;
}

function newDataOf({ entry, children }: Node): unknown {
  const own = entry && readValue(entry.value);
  if (children.size === 0) return shareWith(undefined, own ?? null);
  const items = new Map<string, unknown>();
  // `{}` says that there is nothing below, which its children have overtaken.
  if (own !== undefined && !isMap(own)) items.set('', shareWith(undefined, own));
  for (const [segment, child] of children) {
    const key = keyOfSegment(segment);
    if (items.has(key)) throw collisionAt(key, children);
    items.set(key, dataOf(child));
  }
  // Unlike assignment, this makes `__proto__` an ordinary key.
  return Object.freeze(Object.fromEntries(items));
}

function collisionAt(key: string, children: ReadonlyMap<string, Node>): CollisionError {
  const paths = [...children].flatMap(([segment, { path }]) =>
    keyOfSegment(segment) === key ? [path] : [],
  );
  const [first = '', second = ''] = paths.sort();
  return new CollisionError(first, second, `the key ${JSON.stringify(key)}`);
}
