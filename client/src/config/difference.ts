import type { ConfigDifference } from './api.ts';
import { childKeys, valueAt } from './immutable.ts';

/** The keys that differ between two objects that share what is equal; lists and other leaves differ as a whole. */
export function differenceOf(previous: unknown, next: unknown): readonly ConfigDifference[] {
  const found: ConfigDifference[] = [];
  const visit = (old: unknown, now: unknown, keys: readonly string[]): void => {
    if (Object.is(old, now)) return;
    const below = new Set([...childKeys(old), ...childKeys(now)]);
    const areBoth = childKeys(old).length > 0 && childKeys(now).length > 0;
    const isOne = old === undefined || now === undefined;
    if ((areBoth || isOne) && below.size > 0)
      for (const key of below) visit(valueAt(old, [key]), valueAt(now, [key]), [...keys, key]);
    else
      found.push({
        key: keys.join('.'),
        type: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed',
        next: now,
        previous: old,
      });
  };
  visit(previous, next, []);
  return Object.freeze(found);
}
