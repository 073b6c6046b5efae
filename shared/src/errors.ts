import type { Entry } from './entry.ts';

/** What a client does about an error: try again at once, later and ever later, or not at all. */
export type Retry = 'now' | 'backoff' | 'never';

interface ErrorKind {
  /** What the error ends: one request, one watch, or the connection. */
  readonly scope: 'request' | 'watch' | 'connection';
  readonly retry: Retry;
  /** The WebSocket close code, where the connection ends with it. */
  readonly closeCode?: number;
  /** One line for people, used by PROTOCOL.md and `confer help errors`. */
  readonly meaning: string;
}

/**
 * Every error code of the protocol. Codes are stable; messages are for people and free to change.
 * Close codes follow HTTP's numbers above 4000, and RFC 6455 where it has one.
 */
export const errorTable = {
  invalid_message: {
    scope: 'request',
    retry: 'never',
    meaning: 'the fields of the request do not fit its type',
  },
  unknown_type: {
    scope: 'request',
    retry: 'never',
    meaning: 'this server knows no message of that type',
  },
  invalid_path: { scope: 'request', retry: 'never', meaning: 'the path breaks the path rules' },
  reserved_path: {
    scope: 'request',
    retry: 'never',
    meaning: 'the subtree /.confer belongs to the server',
  },
  invalid_value: {
    scope: 'request',
    retry: 'never',
    meaning: 'a value is a string without lone surrogates',
  },
  too_large: {
    scope: 'request',
    retry: 'never',
    meaning: 'a value, a note or the whole commit is over its limit',
  },
  conflict: {
    scope: 'request',
    retry: 'never',
    meaning: 'a condition of the commit did not hold; nothing was written',
  },
  future_revision: {
    scope: 'request',
    retry: 'never',
    meaning: 'the revision asked for has not happened in this epoch',
  },
  compacted: {
    scope: 'watch',
    retry: 'never',
    meaning: 'history no longer reaches back to the revision asked for',
  },
  unknown_watch: {
    scope: 'request',
    retry: 'never',
    meaning: 'this connection has no watch of that name',
  },
  too_many_watches: {
    scope: 'request',
    retry: 'never',
    meaning: 'the connection has as many watches as it may have',
  },
  storage_full: {
    scope: 'request',
    retry: 'backoff',
    meaning: 'the server has no room to store the commit; nothing was written',
  },
  unavailable: {
    scope: 'request',
    retry: 'backoff',
    meaning: 'the server cannot do this now; nothing was written',
  },
  internal: {
    scope: 'request',
    retry: 'never',
    meaning: 'a bug in the server; its log says more',
  },
  bad_message: {
    scope: 'connection',
    retry: 'never',
    closeCode: 4400,
    meaning: 'a frame that is no message, or a message out of turn',
  },
  unauthenticated: {
    scope: 'connection',
    retry: 'never',
    closeCode: 4401,
    meaning: 'the server does not know who you are',
  },
  forbidden: {
    scope: 'connection',
    retry: 'never',
    closeCode: 4403,
    meaning: 'you may not do this here',
  },
  version_unsupported: {
    scope: 'connection',
    retry: 'never',
    closeCode: 4406,
    meaning: 'the server does not speak that version of the protocol',
  },
  silent: {
    scope: 'connection',
    retry: 'backoff',
    closeCode: 4408,
    meaning: 'no hello in time, or several heartbeats without an answer',
  },
  frame_too_large: {
    scope: 'connection',
    retry: 'never',
    closeCode: 4413,
    meaning: 'the frame is larger than the server takes',
  },
  too_many_requests: {
    scope: 'connection',
    retry: 'backoff',
    closeCode: 4429,
    meaning: 'more requests are waiting for an answer than a connection may have',
  },
  shutting_down: {
    scope: 'connection',
    retry: 'backoff',
    closeCode: 1012,
    meaning: 'the server restarts; its goodbye says when to come back',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes: readonly ErrorCode[] = Object.keys(errorTable).filter(isErrorCode);

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}

/** The kind of an error, seen as a kind rather than as its own literal. */
export function errorKind(code: ErrorCode): ErrorKind {
  return errorTable[code];
}

/** The error whose connection ends with `closeCode`, if it is one of Confer's. */
export function errorOfClose(closeCode: number): ErrorCode | undefined {
  return errorCodes.find((code) => errorKind(code).closeCode === closeCode);
}

/** What an error says beside its code and message. */
export interface ErrorDetails {
  /** The path that the error is about. */
  readonly path?: string;
  /** `conflict`: what the path holds now; `null` when it holds nothing. */
  readonly current?: Entry | null;
  /** `compacted`: the oldest revision after which history is whole. */
  readonly compactedRevision?: number;
}

/** An expected failure, with a code out of the table. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
