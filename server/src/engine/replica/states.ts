import type { Entry } from '@confer/shared';
import type { EntryText, PathState } from '../engine.ts';
import { WholeEntry } from '../whole-entry.ts';
import type { Tombstones } from './tombstones.ts';
import type { Versions } from './versions.ts';

/** An entry as commits are judged by it. */
export function heldOf(entry: Entry | undefined): WholeEntry | undefined {
  return entry && new WholeEntry(entry);
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
