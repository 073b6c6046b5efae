/*
 * Structural sharing: of two objects that follow one another, what did not change is one and the same object, and all
 * of it is frozen. So whoever compares by identity sees exactly what changed.
 */

/** Plain data: what JSON and YAML can say. A date or a map of a schema's own is a leaf. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Deeper than any subtree and any list that a value may be. */
const DEPTH_MAX = 1_000;

/**
 * `next`, frozen, with all that is equal in `previous` taken from there; `previous` itself where all is. Throws where
 * `next` holds itself.
 */
export function shareWith<Value>(previous: unknown, next: Value): Value;
export function shareWith(previous: unknown, next: unknown): unknown {
  return share(previous, next, 0);
}

function share(previous: unknown, next: unknown, depth: number): unknown {
  if (Object.is(previous, next)) return next;
  if (depth > DEPTH_MAX)
    throw new Error(`what it made holds itself, or is more than ${DEPTH_MAX} levels deep`);
  if (Array.isArray(next)) return shareArray(previous, next, depth);
  if (isPlainObject(next)) return shareObject(previous, next, depth);
  const isSameTime =
    next instanceof Date && previous instanceof Date && Object.is(+next, +previous);
  return isSameTime ? previous : next;
}

function shareArray(previous: unknown, next: readonly unknown[], depth: number): unknown {
  const old: readonly unknown[] = Array.isArray(previous) ? previous : [];
  const items = next.map((item, i) => share(old[i], item, depth + 1));
  const isThat = (those: readonly unknown[]) =>
    those.length === items.length && items.every((item, i) => Object.is(item, those[i]));
  if (Array.isArray(previous) && isThat(old)) return previous;
  return Object.isFrozen(next) && isThat(next) ? next : Object.freeze(items);
}

/** In one walk, and without a copy where none is needed: maps of thousands of keys change by one. */
function shareObject(
  previous: unknown,
  next: Readonly<Record<string, unknown>>,
  depth: number,
): unknown {
  const old = isPlainObject(previous) ? previous : undefined;
  const keys = Object.keys(next);
  let isPrevious = old !== undefined && Object.keys(old).length === keys.length;
  let isNext = Object.isFrozen(next);
  const items = keys.map((key) => {
    const before = old && own(old, key);
    const item = share(before, next[key], depth + 1);
    isPrevious &&= Object.is(item, before) && (item !== undefined || hasOwn(old, key));
    isNext &&= Object.is(item, next[key]);
    return item;
  });
  if (isPrevious) return previous;
  if (isNext) return next;
  // Unlike assignment, this makes `__proto__` an ordinary key.
  return Object.freeze(Object.fromEntries(keys.map((key, i) => [key, items[i]])));
}

function hasOwn(of: object | undefined, key: string): boolean {
  return of !== undefined && Object.hasOwn(of, key);
}

function own(of: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(of, key) ? of[key] : undefined;
}

/** `above` over `below`: objects are merged key by key, anything else is replaced. Both are frozen, and stay as they are. */
export function merged(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isPlainObject(above) || !isPlainObject(below)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  const items = [...keys].map((key) => [key, merged(own(below, key), own(above, key))]);
  return Object.freeze(Object.fromEntries(items));
}

/** What is there by a chain of keys; `undefined` where nothing is. */
export function valueAt(data: unknown, keys: readonly string[]): unknown {
  let value = data;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isPlainObject(value) ? own(value, key) : undefined;
  }
  return value;
}

/** The keys of an object that may be descended into; of anything else, none. */
export function childKeys(value: unknown): readonly string[] {
  return isPlainObject(value) ? Object.keys(value) : [];
}
