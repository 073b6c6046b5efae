import type { DownMessage, WireChange, WireCommit } from '@confer/shared';
import { commit, del, entry, put } from './scene.ts';

/** What a server says that breaks the protocol, to a client that has what the row's kind says. */
export type Violation = readonly [
  what: string,
  reason: string,
  ...frames: readonly (DownMessage | string)[],
];

type Of<Type extends DownMessage['type']> = Extract<DownMessage, { type: Type }>;

export const batch = (from: number, to: number, ...commits: WireCommit[]): Of<'commits'> => ({
  type: 'commits',
  watch: 'w1',
  from,
  to,
  commits,
});
const part = (from: number, to: number, ...commits: WireCommit[]): Of<'commits'> => ({
  ...batch(from, to, ...commits),
  more: true,
});
const one = (...changes: WireChange[]) => batch(5, 6, commit(6, ...changes));
const page = (revision: number, ...entries: Of<'snapshot'>['entries']): DownMessage => ({
  type: 'snapshot',
  watch: 'w1',
  revision,
  entries,
});
const synced = (revision: number, rest = {}): DownMessage => ({
  type: 'synced',
  watch: 'w1',
  revision,
  ...rest,
});
const net = (from: number, to: number, ...changes: Of<'difference'>['changes']): DownMessage => ({
  type: 'difference',
  watch: 'w1',
  from,
  to,
  changes,
});
const beat = (revision: number): DownMessage => ({ type: 'heartbeat', revision });
const resync: DownMessage = { type: 'resync', watch: 'w1', reason: 'epoch', epoch: 'e1' };
const compacted: Of<'compacted'> = {
  type: 'compacted',
  watch: 'w1',
  reason: 'compacted',
  epoch: 'e1',
  compactedRevision: 5,
  revision: 9,
};
const newPut = (path: string, modRevision: number) =>
  ({ type: 'put', entry: entry(path, '1', modRevision) }) as const;
const prev = (modRevision: number) => {
  const { path: _, ...rest } = entry('/app/a', 'a', modRevision);
  return rest;
};
const FAR = 2 ** 53 - 1;

/** To a live mirror of /app that holds a, b and c, at revision 5. */
export const toMirrors: Violation[] = [
  ['a path beside the subtree', '/apple', one(put('/apple', '1'))],
  ['a delete beside the subtree', '/', one(del('/b'))],
  [
    'a clear above the subtree',
    'elsewhere',
    one({ type: 'clear', path: '/', cause: 'removed', entries: 3 }),
  ],
  ['a path that is none', 'segment', one(put('/app//a', '1'))],
  ['a path with a dot', '"."', one(put('/app/../b', '1'))],
  ['a path without an end', 'does not end', one(put('/app/a/', '1'))],
  ['a path twice in a commit', '/app/a after /app/a', one(put('/app/a', '1'), del('/app/a'))],
  ['changes out of order', '/app/a after /app/b', one(put('/app/b', '1'), put('/app/a', '1'))],
  [
    'a path twice over two frames',
    '/app/a after /app/a',
    part(5, 6, commit(6, put('/app/a', '1'))),
    one(put('/app/a', '2')),
  ],
  ['a put that was created later', 'created at 7', one(put('/app/a', '1', 7))],
  [
    'a put in version 0',
    'version 0',
    one({ type: 'put', path: '/app/a', value: '1', createRevision: 1, version: 0 }),
  ],
  [
    'an entry before that is newer',
    'as it was before',
    one({ type: 'delete', path: '/app/a', cause: 'removed', prev: prev(6) }),
  ],
  ['a commit above `to`', 'between 5 and 6', batch(5, 6, commit(7, put('/app/a', '1')))],
  ['a commit at `from`', 'between 5 and 6', batch(5, 6, commit(5, put('/app/a', '1')))],
  [
    'commits that fall',
    'between 7 and 8',
    batch(5, 8, commit(7, put('/app/a', '1')), commit(6, put('/app/a', '2'))),
  ],
  [
    'a commit twice in a frame',
    'between 6 and 8',
    batch(5, 8, commit(6, put('/app/a', '1')), commit(6, put('/app/b', '2'))),
  ],
  [
    'commits that fall over two frames',
    'between 7 and 8',
    part(5, 8, commit(7, put('/app/a', '1'))),
    batch(5, 8, commit(6, put('/app/a', '2'))),
  ],
  ['a batch back', 'from 6 to 4', batch(6, 4)],
  [
    'a second part by another',
    'two parts that differ',
    part(5, 6, commit(6, put('/app/a', '1'))),
    batch(5, 6, { ...commit(6, put('/app/b', '1')), actor: 'x' }),
  ],
  [
    'a second part of another time',
    'two parts that differ',
    part(5, 6, commit(6, put('/app/a', '1'))),
    batch(5, 6, { ...commit(6, put('/app/b', '1')), time: 2 }),
  ],
  [
    'another batch in a batch',
    'before the batch to 8 ended',
    part(5, 8, commit(6, put('/app/a', '1'))),
    one(put('/app/a', '1')),
  ],
  ['synced in a batch', 'before the batch to 8 ended', part(5, 8), synced(5)],
  ['resync in a batch', 'before the batch to 8 ended', part(5, 8), resync],
  ['a difference in a batch', 'before the batch to 8 ended', part(5, 8), net(5, 9)],
  ['`to` far ahead', 'far ahead', batch(5, FAR)],
  ['synced far ahead', 'far ahead', synced(FAR)],
  ['a heartbeat far ahead', 'far ahead', beat(FAR)],
  ['a heartbeat above what was not told', 'all is there up to 9', beat(9), one(put('/app/a', '1'))],
  ['a `to` above what was not told', 'all is there up to 9', batch(5, 9), one(put('/app/a', '1'))],
  ['synced above what was not told', 'all is there up to 9', synced(9), one(put('/app/a', '1'))],
  ['the end of an event watch', 'mode state', compacted],
  [
    'resync to another epoch',
    'epoch e9',
    { type: 'resync', watch: 'w1', reason: 'epoch', epoch: 'e9' },
  ],
  ['commits in a snapshot', 'before synced', resync, one(put('/app/a', '1'))],
  [
    'a page that falls',
    'after one to 9',
    resync,
    page(9, entry('/app/a', '1')),
    page(8),
    synced(9),
  ],
  [
    'synced above its pages',
    '10 after pages of 9',
    resync,
    page(9, entry('/app/a', '1')),
    synced(10),
  ],
  [
    'synced above its pages, with entries',
    '10 after pages of 9',
    resync,
    page(9),
    synced(10, { entries: 1 }),
  ],
  ['a page beside the subtree', '/b', resync, page(9, entry('/b', '1'))],
  ['a page with a reserved path', '/.confer/x', resync, page(9, entry('/.confer/x', '1'))],
  [
    'an entry twice in a page',
    '/app/a after /app/a',
    resync,
    page(9, entry('/app/a', '1'), entry('/app/a', '2')),
  ],
  [
    'an entry twice in a snapshot',
    '/app/a after /app/a',
    resync,
    page(9, entry('/app/a', '1')),
    page(9, entry('/app/a', '2')),
  ],
  ['an entry newer than its page', 'revision 10', resync, page(9, entry('/app/a', '1', 10))],
  ['an entry of revision 0', 'revision 0', resync, page(9, entry('/app/a', '1', 0))],
  [
    'an entry older than its creation',
    'created at 7',
    resync,
    page(9, { ...entry('/app/a', '1'), createRevision: 7 }),
  ],
  ['a page far ahead', 'far ahead', resync, page(FAR)],
  ['a difference back', 'from 6 to 4', net(6, 4)],
  ['a difference that falls', 'after one to 9', net(5, 9), net(5, 8), synced(9)],
  ['a difference from elsewhere', 'from 4 to 9', net(5, 9), net(4, 9), synced(9)],
  [
    'a difference with a path twice',
    '/app/a after /app/a',
    net(5, 9, newPut('/app/a', 8)),
    net(5, 9, newPut('/app/a', 9)),
  ],
  [
    'a difference beside the subtree',
    '/b',
    net(5, 9, { type: 'delete', path: '/b', cause: 'removed' }),
  ],
  ['a difference with what is newer', 'revision 10', net(5, 9, newPut('/app/a', 10))],
  ['a difference with what is older', 'revision 5', net(5, 9, newPut('/app/a', 5))],
  [
    'a flood of heartbeats',
    'more than 100 heartbeats',
    ...Array.from({ length: 101 }, () => beat(5)),
  ],
  [
    'a second welcome',
    'out of turn',
    '{"type":"welcome","version":1,"session":"s","epoch":"e1","revision":0,"heartbeatMs":1,"limits":{"pathBytesMax":1,"valueBytesMax":1,"frameBytesMax":1,"messageBytesMax":1,"operationsMax":1,"watchesMax":1,"requestsMax":1,"commitBytesMax":1,"waitingBytesMax":1}}',
  ],
  ['a revision below 0', 'min_value', '{"type":"heartbeat","revision":-1}'],
  [
    'a revision that is no integer',
    'safe_integer',
    '{"type":"heartbeat","revision":9007199254740992}',
  ],
];

/** To an event watch of /app that is live at revision 5. */
export const toWatches: Violation[] = [
  ['a path beside the subtree', '/apple', one(put('/apple', '1'))],
  ['a commit above `to`', 'between 5 and 6', batch(5, 6, commit(7, put('/app/a', '1')))],
  [
    'another batch in a batch',
    'before the batch to 8 ended',
    part(5, 8, commit(6, put('/app/a', '1'))),
    one(put('/app/a', '1')),
  ],
  ['its end in a batch', 'before the batch to 8 ended', part(5, 8), compacted],
  ['its end in another epoch', 'epoch e9', { ...compacted, epoch: 'e9' }],
  ['a heartbeat above what was not told', 'all is there up to 9', beat(9), one(put('/app/a', '1'))],
  ['a snapshot', 'mode events', page(9)],
  ['a difference', 'mode events', net(5, 9)],
  ['synced', 'mode events', synced(9)],
  ['resync', 'mode events', resync],
];
