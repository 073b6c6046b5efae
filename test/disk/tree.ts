import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The directory that is watched. */
const ROOT = 0;

/** Where a name stands: in which directory, and what it is there. */
export interface Place {
  readonly directory: number;
  readonly name: string;
}

/** Names and what they stand for. Files and directories are numbers, whatever their names. */
export class Tree {
  readonly #directories: Map<number, Map<string, number>>;

  constructor(directories: ReadonlyMap<number, ReadonlyMap<string, number>> = new Map()) {
    this.#directories = new Map([[ROOT, new Map()]]);
    for (const [node, entries] of directories) this.#directories.set(node, new Map(entries));
  }

  copy(): Tree {
    return new Tree(this.#directories);
  }

  isDirectory(node: number): boolean {
    return this.#directories.has(node);
  }

  makeDirectory(node: number): void {
    this.#directories.set(node, new Map());
  }

  set({ directory, name }: Place, node: number): void {
    this.#directories.get(directory)?.set(name, node);
  }

  /** Unless the name stands for something else by now. */
  remove({ directory, name }: Place, node: number): void {
    const entries = this.#directories.get(directory);
    if (entries?.get(name) === node) entries.delete(name);
  }

  find(path: string): number | undefined {
    let node: number | undefined = ROOT;
    for (const name of path.split('/').filter((part) => part !== ''))
      node = node === undefined ? undefined : this.#directories.get(node)?.get(name);
    return node;
  }

  /** One of its names. */
  pathOf(node: number): string | undefined {
    if (node === ROOT) return '';
    for (const [directory, entries] of this.#directories)
      for (const [name, child] of entries) {
        if (child !== node) continue;
        const above = this.pathOf(directory);
        return above === undefined ? undefined : join(above, name);
      }
    return undefined;
  }

  placeOf(path: string): Place {
    const directory = this.find(posix.dirname(path).replace(/^\.$/, ''));
    if (directory === undefined) throw new Error(`no directory for ${path}`);
    return { directory, name: posix.basename(path) };
  }

  /** Makes it in a directory that is there and empty. */
  writeTo(directory: string, contentOf: (node: number) => Uint8Array): void {
    const written = new Map<number, string>();
    const write = (node: number, path: string) => {
      for (const [name, child] of this.#directories.get(node) ?? []) {
        const at = join(path, name);
        const twin = written.get(child);
        if (this.isDirectory(child)) {
          mkdirSync(at);
          write(child, at);
        } else if (twin !== undefined) linkSync(twin, at);
        else writeFileSync(at, contentOf(child));
        written.set(child, at);
      }
    };
    write(ROOT, directory);
  }
}

/** What a directory holds now. */
export interface Contents {
  readonly tree: Tree;
  readonly files: ReadonlyMap<number, Buffer>;
  /** The largest number that it has for a file or a directory. */
  readonly nodeMax: number;
}

export function readContents(directory: string): Contents {
  const tree = new Tree();
  const files = new Map<number, Buffer>();
  const known = new Map<number, number>();
  let last = ROOT;
  const read = (node: number, path: string) => {
    for (const { name } of readdirSync(path, { withFileTypes: true })) {
      const at = join(path, name);
      const status = statSync(at);
      const child = known.get(status.ino) ?? ++last;
      known.set(status.ino, child);
      tree.set({ directory: node, name }, child);
      if (status.isDirectory()) {
        tree.makeDirectory(child);
        read(child, at);
      } else if (!files.has(child)) files.set(child, readFileSync(at));
    }
  };
  read(ROOT, directory);
  return { tree, files, nodeMax: last };
}
