import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** The packages that are shipped. `test` is none of them. */
export const PACKAGES = ['shared', 'server', 'client', 'cli'] as const;

/** One TypeScript file. Paths are relative to the root of the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  /** The folder at the root that it belongs to. */
  readonly package: string;
  /** Never part of a build. */
  readonly isTest: boolean;
}

const ROOT = new URL('../../', import.meta.url);
const NOT_OURS = new Set(['node_modules', 'dist', '.git', 'data']);

/** Every file of the repository that is not installed, built or written by a running server. */
export function filesBelow(folder = ''): string[] {
  return readdirSync(new URL(folder, ROOT), { withFileTypes: true }).flatMap((item) => {
    if (NOT_OURS.has(item.name)) return [];
    if (item.isDirectory()) return filesBelow(`${folder}${item.name}/`);
    return item.isFile() ? [folder + item.name] : [];
  });
}

export function readText(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

export function parse(path: string, text: string): Source {
  return {
    path,
    text,
    tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
    package: path.slice(0, path.indexOf('/')),
    isTest: /^(test|bench)\/|\/test-support\/|\.(test|contract)\.ts$/.test(path),
  };
}

let cached: readonly Source[] | undefined;

/** All TypeScript of the packages, their tests and the benchmark. */
export function allSources(): readonly Source[] {
  cached ??= [...PACKAGES, 'test', 'bench']
    .flatMap((name) => filesBelow(`${name}/`))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => parse(path, readText(path)));
  return cached;
}

/** What is shipped. */
export function productSources(): readonly Source[] {
  return allSources().filter((source) => !source.isTest);
}

export function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

/** `path:line`, to click on. */
export function placeOf(source: Source, node: ts.Node): string {
  const { line } = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree));
  return `${source.path}:${line + 1}`;
}
