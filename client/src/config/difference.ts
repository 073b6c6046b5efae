import type { ConfigDifference } from './api.ts';
import { childKeys, valueAt } from './immutable.ts';

/** The keys that differ between two objects that share what is equal; lists and other leaves differ as a whole. */
export function differenceOf(previous: unknown, next: unknown): readonly ConfigDifference[] {
  const found: ConfigDifference[] = [];
  const visit = (old: unknown, now: unknown, keys: readonly string[]): void => {
    const [oldKeys, newKeys] = [childKeys(old), childKeys(now)];
    const areMaps = oldKeys.length > 0 && newKeys.length > 0;
    const isOne = old === undefined || now === undefined;
    if ((areMaps || isOne) && oldKeys.length + newKeys.length > 0)
      for (const key of oldKeys.length === 0 ? newKeys : new Set([...oldKeys, ...newKeys])) {
        const [before, after] = [valueAt(old, [key]), valueAt(now, [key])];
        if (!Object.is(before, after)) visit(before, after, [...keys, key]);
      }
    else
      found.push({
        key: keys.join('.'),
        type: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed',
        next: now,
        previous: old,
      });
  };
  if (!Object.is(previous, next)) visit(previous, next, []);
  return Object.freeze(found);
}
