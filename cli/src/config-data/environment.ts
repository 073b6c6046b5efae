import {
  CollisionError,
  type Entry,
  keyOfSegment,
  nameOf,
  readValue,
  relativeTo,
} from '@confer/shared';

/** An entry whose value a shell cannot take. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** Entries as `NAME=value` lines that `sh` reads back; names are relative to the subtree `base`. */
export function formatEnvironment(
  entries: readonly Pick<Entry, 'path' | 'value'>[],
  base: string,
): string {
  const owners = new Map<string, string>();
  let text = '';
  for (const { path, value } of entries) {
    const name = nameFor(relativeTo(path, base) || nameOf(path));
    const other = owners.get(name);
    if (other !== undefined) throw new CollisionError(other, path, `the variable ${name}`);
    owners.set(name, path);
    text += `${name}=${quote(textOf(value, path))}\n`;
  }
  return text;
}

function nameFor(below: string): string {
  const name = below
    .split('/')
    .map(keyOfSegment)
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

function textOf(value: string, path: string): string {
  const data = readValue(value);
  const text = typeof data === 'string' ? data : value;
  if (text.includes('\0')) throw new EnvironmentError(`${path} holds a NUL, which no variable can`);
  return text;
}

function quote(text: string): string {
  return /^[\w./:@%+,=-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
