import type { Entry } from './entry.ts';

/** What a client does about an error: try again at once, later and ever later, or not at all. */
export type Retry = 'now' | 'backoff' | 'never';

interface ErrorKind {
  readonly retry: Retry;
  /** The WebSocket close code, where the connection ends with it. */
  readonly closeCode?: number;
}

const never = { retry: 'never' } as const;
const backoff = { retry: 'backoff' } as const;

/**
 * Every error code of the protocol. Codes are stable; messages are for people and free to change.
 * Close codes follow HTTP's numbers above 4000, and RFC 6455 where it has one.
 */
export const errorTable = {
  invalid_message: never,
  unknown_type: never,
  invalid_path: never,
  reserved_path: never,
  invalid_value: never,
  too_large: never,
  conflict: never,
  overlapping_writes: never,
  results_compacted: never,
  future_revision: never,
  compacted: never,
  unknown_watch: never,
  too_many_watches: never,
  too_many_reports: never,
  lease_not_found: never,
  too_many_leases: never,
  storage_full: backoff,
  unavailable: backoff,
  outcome_unknown: backoff,
  damaged: never,
  internal: never,
  bad_message: { retry: 'never', closeCode: 4400 },
  unauthenticated: { retry: 'never', closeCode: 4401 },
  forbidden: never,
  version_unsupported: { retry: 'never', closeCode: 4406 },
  silent: { retry: 'backoff', closeCode: 4408 },
  token_expired: { retry: 'never', closeCode: 4410 },
  frame_too_large: { retry: 'never', closeCode: 4413 },
  rate_limited: { retry: 'backoff', closeCode: 4420 },
  too_many_requests: { retry: 'backoff', closeCode: 4429 },
  shutting_down: { retry: 'backoff', closeCode: 1012 },
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
