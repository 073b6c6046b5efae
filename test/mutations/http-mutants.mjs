/** Safeguards of requests of HTTP, each noticed by the test that `by` names, a file and a part of a title. */
const ROUTER = 'server/src/http/router.test.ts';
const KV = 'server/src/http/kv.test.ts';
const LIST = 'server/src/http/list.test.ts';
const COMMIT = 'server/src/http/commit.test.ts';

export const httpMutants = [
  [{ 'stranger-is-told-how-to-say-who-he-is': 'never' }, ROUTER, 'gets 401 at each route'],
  [{ 'failed-request-is-written-down': 'drop' }, ROUTER, 'is written down where'],
  [{ 'parameters-are-known': 'never' }, ROUTER, 'takes no parameter that it does not know'],
  [{ 'stopping-server-takes-no-requests': 'never' }, ROUTER, 'finishes the requests that it took'],
  [{ 'request-waits-for-a-turn': 'always' }, ROUTER, 'waits for a turn that has time for it'],
  [{ 'answers-are-no-pages': 'drop' }, KV, 'is text to a browser whatever it holds'],
  [{ 'body-is-not-read-where-it-is-too-long': 'never' }, KV, 'refuses a longer one before'],
  [{ 'encoded-slash-is-none': 'never' }, KV, 'is refused'],
  [{ 'address-is-printable-ascii': 'never' }, KV, 'is refused'],
  [{ 'path-of-an-address-is-one': 'drop' }, KV, 'is refused before rights are looked at'],
  [{ 'entry-goes-on-nowhere': 'never' }, KV, 'does not take a position that it would not'],
  [{ 'reader-gets-what-he-asks-for': 'never' }, KV, 'is 412 to who asks for another'],
  [{ 'subtree-has-no-etag': 'never' }, KV, 'removes one entry, and a subtree'],
  [{ 'idempotency-key-is-whole': 'always' }, KV, 'refuses a precondition that it would have'],
  [{ 'request-has-one-id': 'never' }, COMMIT, 'S4 has one id'],
  [{ 'json-is-said-to-be-json': 'never' }, COMMIT, 'takes JSON alone'],
  [{ 'waiting-request-loses-its-rights': { becomes: 'return known;' } }, LIST, 'W11 is cut off'],
  [{ 'half-a-listing-is-cut-off': 'drop' }, LIST, 'is cut off, and never ended'],
  [{ 'stream-waits-for-its-reader': 'never' }, LIST, 'is all of a subtree at one revision'],
  [{ 'streams-are-bounded': 'never' }, LIST, 'ends with who reads it'],
].map(([off, file, title]) => ({ name: Object.keys(off).join(), off, by: { file, title } }));
