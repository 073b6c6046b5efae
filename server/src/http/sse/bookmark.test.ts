import { describe, expect, it } from 'vitest';
import { type Bookmark, firstBookmark, marked, movedByHeartbeat } from './bookmark.ts';

const event = (type: string, movesTo?: number, goesOn = false) => ({
  ...{ type, movesTo, goesOn },
  bytes: new Uint8Array(),
});
const unknown: Bookmark = { kind: 'unknown' };
const at = (revision: number): Bookmark => ({ kind: 'at', revision });
const amid = (revision?: number): Bookmark => ({ kind: 'amid a batch', revision });

describe('W3 W6 where a watch begins, as far as heartbeats move it on', () => {
  it.each([
    ['state', undefined, unknown],
    ['state', 813, unknown],
    ['events', undefined, at(813)],
    ['events', 813, at(813)],
    // The server begins elsewhere where it cannot continue, and says so next.
    ['events', 812, unknown],
    ['events', 'another history', unknown],
  ] as const)('%s after %s', (mode, after, expected) => {
    expect(firstBookmark(mode, { revision: 813 }, after)).toEqual(expected);
  });
});

describe('W3 W6 where a reader is after an event more', () => {
  it.each([
    ['a batch', at(5), event('commits', 9), at(9)],
    ['the beginning of a batch', at(5), event('commits', undefined, true), amid(5)],
    ['more of it', amid(5), event('commits', undefined, true), amid(5)],
    ['its end', amid(5), event('commits', 9), at(9)],
    ['a batch before synced', unknown, event('commits', 9), unknown],
    ['a batch in pieces before synced', unknown, event('commits', undefined, true), amid()],
    ['the end of such a batch', amid(), event('commits', 9), unknown],
    ['synced', unknown, event('synced', 9), at(9)],
    ['synced again', at(5), event('synced', 9), at(9)],
    ['resync', at(5), event('resync'), unknown],
    ['a page of a snapshot', at(5), event('snapshot'), unknown],
    ['a page of a difference', at(5), event('difference'), unknown],
    ['revoked', at(5), event('revoked'), at(5)],
  ])('%s', (_, before, told, expected) => {
    expect(marked(before, told)).toEqual(expected);
  });
});

describe('W3 W6 a heartbeat', () => {
  it.each([
    ['moves who has all that came before', at(5), 9, 9],
    ['moves nobody back', at(5), 4, undefined],
    ['moves nobody to where he is', at(5), 5, undefined],
    ['moves nobody who waits for synced', unknown, 9, undefined],
    ['moves nobody amid a batch', amid(5), 9, undefined],
  ])('%s', (_, before, revision, expected) => {
    expect(movedByHeartbeat(before, revision)).toBe(expected);
  });
});
