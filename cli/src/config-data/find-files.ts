import { readdir, realpath, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { type Format, formatOf } from './read-file.ts';

/** A configuration file, and the keys of the subtree that it becomes. */
export interface FoundFile {
  readonly file: string;
  readonly format: Format;
  readonly keys: readonly string[];
}

export interface Found {
  readonly files: FoundFile[];
  /** Hidden files and files of other kinds; directories end with a slash. */
  readonly skipped: string[];
  readonly problems: string[];
}

/**
 * The configuration files of a directory and its subdirectories, by name. Links are followed,
 * because a mounted Kubernetes ConfigMap consists of them.
 */
export async function findFiles(directory: string): Promise<Found> {
  const found: Found = { files: [], skipped: [], problems: [] };
  await walk(directory, [], [], found);
  return found;
}

async function walk(
  directory: string,
  keys: readonly string[],
  around: readonly string[],
  found: Found,
): Promise<void> {
  const here = await realpath(directory);
  if (around.includes(here)) {
    found.problems.push(`${directory}: the link leads back to ${here}`);
    return;
  }
  const owners = new Map<string, string>();
  const claim = (key: string, file: string) => {
    const other = owners.get(key);
    if (other !== undefined)
      found.problems.push(`${file}: becomes the same subtree "${key}" as ${other}`);
    owners.set(key, file);
  };
  for (const name of (await readdir(directory)).sort()) {
    const file = join(directory, name);
    const kind = await kindOf(file);
    if (kind === undefined) found.problems.push(`${file}: leads to nothing that can be read`);
    else if (kind === 'directory' && !name.startsWith('.')) {
      const before = found.files.length;
      await walk(file, [...keys, name], [...around, here], found);
      if (found.files.length > before) claim(name, file);
    } else if (kind === 'file' && !name.startsWith('.') && formatOf(name) !== undefined) {
      const stem = parse(name).name;
      claim(stem, file);
      addFile(found, file, [...keys, stem]);
    } else found.skipped.push(kind === 'directory' ? `${file}/` : file);
  }
}

function addFile(found: Found, file: string, keys: readonly string[]): void {
  const format = formatOf(file);
  if (format !== undefined) found.files.push({ file, format, keys });
}

async function kindOf(file: string): Promise<'file' | 'directory' | 'other' | undefined> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) return 'directory';
    return stats.isFile() ? 'file' : 'other';
  } catch {
    return undefined;
  }
}
