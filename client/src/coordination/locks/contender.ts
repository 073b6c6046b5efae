import { type Entry, nameOf } from '@confer/shared';
import type { Contender } from './api.ts';

export function contenderOf(entry: Entry): Contender {
  return Object.freeze({
    id: nameOf(entry.path),
    value: entry.value,
    by: entry.updatedBy,
    since: entry.updatedAt,
    fencingToken: entry.createRevision,
  });
}
