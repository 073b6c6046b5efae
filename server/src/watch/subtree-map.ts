import { lastReserved, ROOT } from '@confer/shared';

interface Node<Value> {
  value: Value | undefined;
  /** By their name, those that lead to a value. */
  children: Map<string, Node<Value>> | undefined;
}

/**
 * Values by subtree, found by a path that they hold: a trie of the segments. A path costs as many steps
 * as somebody put values along it, however deep it is.
 */
export class SubtreeMap<Value> {
  readonly #root: Node<Value> = { value: undefined, children: undefined };

  get(subtree: string): Value | undefined {
    let node: Node<Value> | undefined = this.#root;
    for (let at = 1; node !== undefined && at < subtree.length; ) {
      const end = endOf(subtree, at);
      node = node.children?.get(subtree.slice(at, end));
      at = end + 1;
    }
    return node?.value;
  }

  set(subtree: string, value: Value): void {
    let node = this.#root;
    for (let at = 1; at < subtree.length; ) {
      const end = endOf(subtree, at);
      node.children ??= new Map();
      const name = subtree.slice(at, end);
      const next: Node<Value> = node.children.get(name) ?? {
        value: undefined,
        children: undefined,
      };
      node.children.set(name, next);
      node = next;
      at = end + 1;
    }
    node.value = value;
  }

  delete(subtree: string): void {
    this.#delete(this.#root, subtree, subtree === ROOT ? ROOT.length + 1 : 1);
  }

  /**
   * Calls `visit` with the values of all subtrees that show a path, from the root down to its own: what
   * belongs to the server is in those alone that lie there.
   */
  visit(path: string, visit: (value: Value) => void): void {
    const hiddenTo = lastReserved(path);
    let node: Node<Value> | undefined = this.#root;
    if (node.value !== undefined && hiddenTo === -1) visit(node.value);
    for (let at = 1; at < path.length && node.children !== undefined; ) {
      const end = endOf(path, at);
      node = node.children.get(path.slice(at, end));
      if (node === undefined) return;
      if (node.value !== undefined && end > hiddenTo) visit(node.value);
      at = end + 1;
    }
  }

  values(): Iterable<Value> {
    return valuesOf(this.#root);
  }

  /** Returns whether the node leads to nothing any more. */
  #delete(node: Node<Value>, subtree: string, at: number): boolean {
    if (at > subtree.length) node.value = undefined;
    else {
      const end = endOf(subtree, at);
      const name = subtree.slice(at, end);
      const child = node.children?.get(name);
      if (child !== undefined && this.#delete(child, subtree, end + 1)) node.children?.delete(name);
    }
    if (node.children?.size === 0) node.children = undefined;
    return node.value === undefined && node.children === undefined;
  }
}

function* valuesOf<Value>({ value, children }: Node<Value>): Generator<Value> {
  if (value !== undefined) yield value;
  for (const child of children?.values() ?? []) yield* valuesOf(child);
}

/** Where the segment that begins at a place of a path ends. */
function endOf(path: string, at: number): number {
  const end = path.indexOf('/', at);
  return end === -1 ? path.length : end;
}
