import { ROOT } from '@confer/shared';

interface Node<Grant> {
  grant: Grant | undefined;
  children: Map<string, Node<Grant>> | undefined;
}

/**
 * Grants by the subtree that they are on: a trie of the segments. A role may have hundreds of them, and a commit a
 * hundred thousand paths, so a question costs as many steps as its path has segments and not as there are grants.
 */
export class GrantTree<Grant> {
  readonly #root: Node<Grant> = { grant: undefined, children: undefined };

  constructor(grants: Iterable<{ readonly on: string; readonly grant: Grant }>) {
    for (const { on, grant } of grants) this.#add(on, grant);
  }

  /** One on a subtree that has all of a path. */
  covering(path: string): Grant | undefined {
    let node: Node<Grant> | undefined = this.#root;
    for (let at = ROOT.length; node !== undefined; ) {
      if (node.grant !== undefined) return node.grant;
      if (at >= path.length || node.children === undefined) return undefined;
      const end = endOf(path, at);
      node = node.children.get(path.slice(at, end));
      at = end + 1;
    }
    return undefined;
  }

  /** One that meets a subtree: it covers it, or lies in it. */
  meeting(subtree: string): Grant | undefined {
    let node: Node<Grant> | undefined = this.#root;
    for (let at = ROOT.length; node !== undefined; ) {
      if (node.grant !== undefined) return node.grant;
      if (at >= subtree.length) return firstIn(node);
      const end = endOf(subtree, at);
      node = node.children?.get(subtree.slice(at, end));
      at = end + 1;
    }
    return undefined;
  }

  #add(on: string, grant: Grant): void {
    let node = this.#root;
    for (let at = ROOT.length; at < on.length; ) {
      const end = endOf(on, at);
      const name = on.slice(at, end);
      node.children ??= new Map();
      const next: Node<Grant> = node.children.get(name) ?? {
        grant: undefined,
        children: undefined,
      };
      node.children.set(name, next);
      node = next;
      at = end + 1;
    }
    node.grant ??= grant;
  }
}

/** Every leaf has one. */
function firstIn<Grant>(node: Node<Grant>): Grant | undefined {
  let here = node;
  while (here.grant === undefined) {
    const [child] = here.children?.values() ?? [];
    if (child === undefined) return undefined;
    here = child;
  }
  return here.grant;
}

/** Where the segment that begins at a place of a path ends. */
function endOf(path: string, at: number): number {
  const end = path.indexOf('/', at);
  return end === -1 ? path.length : end;
}
