import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';

/** What a directory of configuration files holds, parsed without any of Confer's code. */
export function parseDirectory(directory: string): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const name of readdirSync(directory).sort()) {
    const text = readFileSync(join(directory, name), 'utf8').replace(/^\uFEFF/, '');
    const stem = parse(name).name;
    if (name.endsWith('.yml')) tree[stem] = parseYaml(text);
    else if (name.endsWith('.json')) tree[stem] = JSON.parse(text);
    else if (name.endsWith('.toml')) tree[stem] = JSON.parse(JSON.stringify(parseToml(text)));
  }
  return tree;
}

function parseYaml(text: string): unknown {
  const documents = parseAllDocuments(text).map((document) => document.toJS());
  // A file without any document reads as null, in every library's way to load just one.
  if (documents.length < 2) return documents[0] ?? null;
  return Object.fromEntries(documents.entries());
}

/** The leaves of a tree by their path, as text that reads like the data. */
export function leavesOf(tree: unknown, at: string): Map<string, unknown> {
  if (!isTree(tree)) return new Map([[at, tree]]);
  return new Map(
    Object.entries(tree).flatMap(([key, child]) => [
      ...leavesOf(child, `${at}/${key.replaceAll('%', '%25').replaceAll('/', '%2F')}`),
    ]),
  );
}

function isTree(value: unknown): value is Record<string, unknown> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.keys(value).length > 0;
}

/** The value that an entry stands for, by the words of the protocol and none of Confer's code. */
export function dataOf(value: string): unknown {
  try {
    const data: unknown = JSON.parse(value);
    if (typeof data === 'object' && data !== null && !Array.isArray(data))
      return Object.keys(data).length === 0 ? data : value;
    return data;
  } catch {
    return value;
  }
}
