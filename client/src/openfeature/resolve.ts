import { childOf, type Data, pathProblem, readValue } from '@confer/shared';
import type { Mirror } from '../api.ts';
import { FlagError } from './flag-error.ts';
import { isAlike, type Json, jsonOf, kindOf } from './flag-values.ts';

/** A flag's value, as OpenFeature wants it. */
export interface Resolution<Value> {
  readonly value: Value;
  /** `STALE`: the last that was known; the server cannot be asked whether it still is so. */
  readonly reason: 'STATIC' | 'STALE';
  /** Where it came from: its path, and the revision that wrote it (of a subtree, the last of those). */
  readonly flagMetadata: { readonly path: string; readonly revision: number };
}

/** The flags that a mirror holds, or `undefined` where it does not hold them yet. */
export type FlagMirror = Pick<Mirror, 'path' | 'status' | 'revision' | 'get' | 'list'>;

/** What tells whether a value is of the type that was asked for, with the name of that. */
export interface ScalarType<Value> {
  readonly name: string;
  readonly fits: (value: Data) => value is Data & Value;
}

export const aBoolean: ScalarType<boolean> = {
  name: 'a boolean',
  fits: (value) => typeof value === 'boolean',
};
export const aString: ScalarType<string> = {
  name: 'a string',
  fits: (value) => typeof value === 'string',
};
export const aNumber: ScalarType<number> = {
  name: 'a number',
  fits: (value) => typeof value === 'number',
};

/** @throws {FlagError} `FLAG_NOT_FOUND`, `TYPE_MISMATCH`, or `PROVIDER_NOT_READY`. */
export function resolveScalar<Value>(
  mirror: FlagMirror | undefined,
  key: string,
  { name, fits }: ScalarType<Value>,
): Resolution<Value> {
  const { flags, path } = find(mirror, key);
  const entry = flags.get(path);
  if (entry === undefined) {
    if (flags.list(path).length === 0) throw notFound(key, path);
    throw mismatch(key, path, 'an object', name);
  }
  const value = readValue(entry.value);
  if (!fits(value)) throw mismatch(key, path, kindOf(value), name);
  return resolution(flags, path, value, entry.modRevision);
}

/**
 * A list where the default value is one, an object where it is that, else either.
 * @throws {FlagError} As `resolveScalar`.
 */
export function resolveObject<Value extends Json>(
  mirror: FlagMirror | undefined,
  key: string,
  defaultValue: Value,
): Resolution<Value> {
  const { flags, path } = find(mirror, key);
  const entries = flags.list(path);
  if (entries.length === 0) throw notFound(key, path);
  const value = jsonOf(path, entries);
  if (!isAlike(value, defaultValue)) {
    const isOpen = typeof defaultValue !== 'object' || defaultValue === null;
    throw mismatch(key, path, kindOf(value), isOpen ? 'an object or a list' : kindOf(defaultValue));
  }
  const revision = entries.reduce((newest, each) => Math.max(newest, each.modRevision), 0);
  return resolution(flags, path, value, revision);
}

/** Slashes in a key lead further down; all else is part of a name, dots as well. */
function find(
  flags: FlagMirror | undefined,
  key: string,
): { readonly flags: FlagMirror; readonly path: string } {
  if (flags?.revision === undefined)
    throw new FlagError('PROVIDER_NOT_READY', 'the flags are not here yet');
  const path = childOf(flags.path, key);
  const problem = pathProblem(path);
  if (problem === undefined) return { flags, path };
  throw new FlagError('FLAG_NOT_FOUND', `${JSON.stringify(key)} is the key of no flag: ${problem}`);
}

function resolution<Value>(
  { status }: FlagMirror,
  path: string,
  value: Value,
  revision: number,
): Resolution<Value> {
  const reason = status === 'live' ? 'STATIC' : 'STALE';
  return { value, reason, flagMetadata: { path, revision } };
}

function notFound(key: string, path: string): FlagError {
  return new FlagError('FLAG_NOT_FOUND', `there is no flag ${key}: nothing is at ${path}`);
}

/** The value itself is not said: it may be anything. */
function mismatch(key: string, path: string, found: string, expected: string): FlagError {
  const problem = `the flag ${key} is ${found}, and not ${expected}: see ${path}`;
  return new FlagError('TYPE_MISMATCH', problem);
}
