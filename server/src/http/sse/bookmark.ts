import type { Watching, WatchMode } from '@confer/shared';
import type { EventText } from './event-text.ts';

/**
 * How far a reader is, as far as heartbeats may say so (PROTOCOL.md, 5.1): they move him on only while he has all that
 * came before, and not amid a batch, nor while a snapshot or a difference is on its way to him.
 */
export type Bookmark =
  /** The place of an event watch that is about to be told that it missed something, or of a state watch before `synced`. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'at'; readonly revision: number }
  | { readonly kind: 'amid a batch'; readonly revision: number | undefined };

const UNKNOWN: Bookmark = { kind: 'unknown' };

/** Where a watch begins. `after`: the revision asked for, where it is of the history that the server has. */
export function firstBookmark(
  mode: WatchMode,
  { revision }: Pick<Watching, 'revision'>,
  after: number | undefined | 'another history',
): Bookmark {
  // A state watch has nothing before its `synced`. An event watch that cannot be continued is to be told so first.
  if (mode === 'state' || after === 'another history') return UNKNOWN;
  return after === undefined || after === revision ? { kind: 'at', revision } : UNKNOWN;
}

/** Where a reader is once he has an event more. */
export function marked(bookmark: Bookmark, { type, movesTo, goesOn }: EventText): Bookmark {
  switch (type) {
    case 'commits':
      return markedByCommits(bookmark, movesTo, goesOn);
    case 'synced':
      return movesTo === undefined ? UNKNOWN : { kind: 'at', revision: movesTo };
    case 'resync':
    case 'snapshot':
    case 'difference':
      return UNKNOWN;
    default:
      return bookmark;
  }
}

/** Commits that bring a state watch up to date lead to its `synced`, which is what it waits for. */
function markedByCommits(
  bookmark: Bookmark,
  movesTo: number | undefined,
  goesOn: boolean,
): Bookmark {
  const before = bookmark.kind === 'unknown' ? undefined : bookmark.revision;
  if (goesOn) return { kind: 'amid a batch', revision: before };
  if (before === undefined || movesTo === undefined) return UNKNOWN;
  return { kind: 'at', revision: movesTo };
}

/** The revision that a heartbeat brings a reader to; `undefined` where it brings him nowhere. */
export function movedByHeartbeat(bookmark: Bookmark, revision: number): number | undefined {
  // safeguard: heartbeat-moves-who-has-all-before-it
  return bookmark.kind === 'at' && revision > bookmark.revision ? revision : undefined;
}
