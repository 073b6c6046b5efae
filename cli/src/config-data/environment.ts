import {
  CollisionError,
  type Entry,
  keyOfSegment,
  nameOf,
  readValue,
  relativeTo,
} from '@confer/shared';
import { shellQuote } from './shell-quote.ts';

/** An entry whose value a shell cannot take. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * The variables that the entries of the subtree `base` stand for; names are relative to it.
 *
 * @throws {CollisionError} two paths have one name. {EnvironmentError} no variable can hold a value.
 */
export function variablesOf(
  entries: readonly Pick<Entry, 'path' | 'value'>[],
  base: string,
): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const variables = new Map<string, string>();
  for (const { path, value } of entries) {
    const name = nameFor(relativeTo(path, base) || nameOf(path));
    const other = owners.get(name);
    if (other !== undefined) throw new CollisionError(other, path, `the variable ${name}`);
    owners.set(name, path);
    variables.set(name, textOf(value, path));
  }
  return variables;
}

/** Entries as `NAME=value` lines that `sh` reads back. Throws as `variablesOf` does. */
export function formatEnvironment(
  entries: readonly Pick<Entry, 'path' | 'value'>[],
  base: string,
): string {
  return [...variablesOf(entries, base)]
    .map(([name, text]) => `${name}=${shellQuote(text)}\n`)
    .join('');
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
