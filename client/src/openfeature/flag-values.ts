import { type Data, type Entry, isMap, readValue, relativeTo, segmentsOf } from '@confer/shared';

/** What JSON can say; the values of object flags. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A subtree on the way to an object. */
interface Branch {
  value: string | undefined;
  readonly children: Map<string, Branch>;
}

/**
 * What the entries at and below a path stand for: an object where something is below it, else what the entry at the
 * path reads as. An object that is written as JSON text reads as an object, too.
 */
export function jsonOf(path: string, entries: readonly Entry[]): Json {
  const root = newBranch();
  for (const entry of entries) {
    let branch = root;
    const below = relativeTo(entry.path, path);
    for (const segment of below === '' ? [] : segmentsOf(`/${below}`)) {
      const child = branch.children.get(segment) ?? newBranch();
      branch.children.set(segment, child);
      branch = child;
    }
    branch.value = entry.value;
  }
  return jsonOfBranch(root);
}

function newBranch(): Branch {
  return { value: undefined, children: new Map() };
}

function jsonOfBranch({ value = '', children }: Branch): Json {
  if (children.size === 0) return jsonOfData(objectIn(value) ?? readValue(value));
  return Object.fromEntries([...children].map(([key, child]) => [key, jsonOfBranch(child)]));
}

/** A map is a subtree by the convention, and a text where it stands in one entry. */
function objectIn(value: string): Data | undefined {
  if (!value.startsWith('{')) return undefined;
  const list = readValue(`[${value}]`);
  const [only] = Array.isArray(list) ? list : [];
  return Array.isArray(list) && list.length === 1 && only !== undefined && isMap(only)
    ? only
    : undefined;
}

/** Integers that a number cannot hold stay as they are written. */
function jsonOfData(data: Data): Json {
  if (typeof data === 'bigint') return data.toString();
  if (Array.isArray(data)) return data.map(jsonOfData);
  if (!isMap(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, jsonOfData(item)]));
}

/** Whether a value is a list or an object as the default value is; where that is neither, either will do. */
export function isAlike<Value extends Json>(value: Json, defaultValue: Value): value is Value {
  if (typeof value !== 'object' || value === null) return false;
  if (typeof defaultValue !== 'object' || defaultValue === null) return true;
  return Array.isArray(value) === Array.isArray(defaultValue);
}

/** What a value is, for people. */
export function kindOf(value: Data): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'bigint') return 'an integer beyond 2^53';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
