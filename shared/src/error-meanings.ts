import type { ErrorCode } from './errors.ts';

/**
 * What each error means, in one line for people: PROTOCOL.md and `confer help errors` show it. Apart
 * from the table, so that pages do not load it.
 */
export const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  invalid_message: 'the fields of the request do not fit its type',
  unknown_type: 'this server knows no message of that type',
  invalid_path: 'the path breaks the path rules',
  reserved_path: 'what is named .confer belongs to the server',
  invalid_value: 'a value is a string without lone surrogates',
  too_large: 'a value, a note or the whole commit is over its limit',
  conflict: 'a condition of the commit did not hold; nothing was written',
  overlapping_writes: 'two writes of one branch of a transaction touch the same path',
  results_compacted:
    'the transaction was made, at the revision that the message names; what it found is gone from history',
  future_revision: 'the revision asked for has not happened in this epoch',
  compacted: 'history no longer reaches back to the revision asked for',
  unknown_watch: 'this connection has no watch of that name',
  too_many_watches: 'the connection has as many watches as it may have',
  too_many_reports: 'the connection reports on as many paths as it may',
  lease_not_found: 'the lease is over, or there never was one of that name; nothing was written',
  too_many_leases: 'there are as many leases as there may be; nothing was written',
  storage_full: 'the server has no room to store the commit; nothing was written',
  unavailable: 'the server cannot do this now; nothing was written',
  outcome_unknown:
    'the storage failed while it wrote; the same request id finds out whether it did',
  damaged: 'what is asked for is damaged on the disk of the server; nothing was written',
  internal: 'a bug in the server; its log says more',
  bad_message: 'a frame that is no message, or a message out of turn',
  unauthenticated: 'the server does not know who you are',
  forbidden: 'you may not do this; the message says which right is missing, and on what',
  version_unsupported: 'the server does not speak that version of the protocol',
  token_expired: 'the token was good and is not any more: come back with a new one',
  rate_limited:
    'too many attempts failed, too much waits to be checked, or others wait and no `hello` came: come back later',
  silent: 'no hello in time, or several heartbeats without an answer',
  frame_too_large: 'the frame, or the message in pieces, is larger than the server takes',
  too_many_requests: 'more requests are waiting for an answer than a connection may have',
  shutting_down: 'the server restarts; its goodbye says when to come back',
};

/** What each error ends. */
export const errorScopes: Readonly<Record<ErrorCode, 'request' | 'watch' | 'connection'>> = {
  invalid_message: 'request',
  unknown_type: 'request',
  invalid_path: 'request',
  reserved_path: 'request',
  invalid_value: 'request',
  too_large: 'request',
  conflict: 'request',
  overlapping_writes: 'request',
  results_compacted: 'request',
  future_revision: 'request',
  compacted: 'watch',
  unknown_watch: 'request',
  too_many_watches: 'request',
  too_many_reports: 'request',
  lease_not_found: 'request',
  too_many_leases: 'request',
  storage_full: 'request',
  unavailable: 'request',
  outcome_unknown: 'request',
  damaged: 'request',
  internal: 'request',
  bad_message: 'connection',
  unauthenticated: 'connection',
  forbidden: 'request',
  version_unsupported: 'connection',
  token_expired: 'connection',
  rate_limited: 'connection',
  silent: 'connection',
  frame_too_large: 'connection',
  too_many_requests: 'connection',
  shutting_down: 'connection',
};
