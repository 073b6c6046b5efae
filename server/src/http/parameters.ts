import { ProtocolError } from '@confer/shared';
import type { Query } from './target.ts';

/** The numbers that were given of those that a request may have. */
export function countsOf<Name extends string>(
  query: Query,
  names: readonly Name[],
): { readonly [Key in Name]?: number } {
  const counts: { [Key in Name]?: number } = {};
  for (const name of names) {
    const count = query.count(name);
    // The protocol has no page of nothing.
    if (count === 0 && name === 'limit')
      throw new ProtocolError('invalid_message', 'limit is a whole number from 1');
    if (count !== undefined) counts[name] = count;
  }
  return counts;
}

/** The same of what is true or false. */
export function flagsOf<Name extends string>(
  query: Query,
  names: readonly Name[],
): { readonly [Key in Name]?: boolean } {
  const flags: { [Key in Name]?: boolean } = {};
  for (const name of names) {
    const flag = query.flag(name);
    if (flag !== undefined) flags[name] = flag;
  }
  return flags;
}
