import type { Entry } from '@confer/shared';
import type { EntryText, PathState } from '../engine.ts';
import type { LazyEntry } from '../evaluate.ts';
import type { Tombstones } from './tombstones.ts';
import type { Versions } from './versions.ts';

/** An entry in memory is read as a whole at once. */
export function lazyEntryOf(entry: Entry | undefined): LazyEntry | undefined {
  return entry && { ...entry, valueLength: entry.value.length, entry: () => entry };
}

export function textOf(entry: Entry): EntryText {
  return { path: entry.path, modRevision: entry.modRevision, text: JSON.stringify(entry) };
}

export function* there(states: ReturnType<Versions['states']>): Generator<PathState> {
  for (const { path, entry } of states)
    if (entry !== undefined) yield { path, entry: textOf(entry) };
}

export function* gone(tombstones: ReturnType<Tombstones['read']>): Generator<PathState> {
  for (const tombstone of tombstones) yield { path: tombstone.path, tombstone };
}
