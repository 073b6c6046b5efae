/** Safeguards of those who are told of changes by HTTP, each noticed by the test that `by` names, a file and a part of a title. */
const EVENTS = 'server/src/http/sse/event-watch.test.ts';
const SOCKET = 'server/src/http/watching-socket.test.ts';
const TEXT = 'server/src/http/sse/event-text.test.ts';
const BOOKMARK = 'server/src/http/sse/bookmark.test.ts';
const WAITING = 'server/src/http/waiting/waiting.test.ts';
const WAIT = 'server/src/http/waiting/wait-reader.test.ts';
const READERS = 'server/src/http/readers.test.ts';

const notACondition = {
  find: "bookmark.kind === 'at' && ",
  replace: "bookmark.kind !== 'unknown' && ",
};

export const httpWatchMutants = [
  [{ 'requests-leave-no-logins': 'never' }, WAITING, 'leave no line in the audit'],
  [{ 'heartbeat-before-the-watch-moves-nobody': 'drop' }, SOCKET, 'leads no reader past'],
  [
    { 'position-moves-at-the-end-of-a-batch': { find: 'goesOn ? undefined : ', replace: '' } },
    TEXT,
    'moves its reader to undefined',
  ],
  [
    { 'heartbeat-moves-who-has-all-before-it': notACondition },
    BOOKMARK,
    'moves nobody amid a batch',
  ],
  [
    {
      'last-event-id-is-newer-than-the-address': {
        find: "lastEventId === '' ? parameter : lastEventId",
        replace: 'parameter ?? lastEventId',
      },
    },
    EVENTS,
    'tell who comes back with the last id just what came since',
  ],
  [{ 'reader-lives-while-it-takes': 'never' }, EVENTS, 'who takes what it is sent stays'],
  [
    { 'few-are-woken-in-a-turn': { find: '.slice(0, WOKEN_MAX)', replace: '.slice()' } },
    READERS,
    'are woken a few at a time',
  ],
  [
    { 'few-are-begun-in-a-turn': 'always' },
    'server/src/http/arrivals.test.ts',
    'are begun a few at a time',
  ],
  [{ 'readers-are-bounded': 'never' }, READERS, 'are bounded together'],
  [{ 'waits-are-bounded': 'always' }, WAITING, 'says what is wrong with wait=601s'],
  [
    { 'wait-ends-at-no-older-position': 'drop' },
    WAIT,
    'does not end at a heartbeat before its position',
  ],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
