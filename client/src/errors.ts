import type { Entry, ErrorCode } from '@confer/shared';

/**
 * Codes of failures that no server reported. `tls_failed`: one of both ends does not trust the other. `not_ready`:
 * there is nothing to be read yet. `rejected`: the schema refused what is there. `lease_lost`: a lease, or what
 * goes with it, is held no more, so that what was done by its right has to end. `lock_held`: somebody else holds it
 * still. `snapshot_unusable`: what was kept on
 * this machine is damaged, too old, or could not be kept. `override_unusable`: the operator's file cannot be read.
 */
export type ClientErrorCode =
  | 'timeout'
  | 'aborted'
  | 'closed'
  | 'invalid_argument'
  | 'tls_failed'
  | 'not_ready'
  | 'rejected'
  | 'lease_lost'
  | 'lock_held'
  | 'snapshot_unusable'
  | 'override_unusable';

/** A failure with a stable `code`: one of the protocol's, or one of the client's own. */
export class ConferError extends Error {
  override readonly name: string = 'ConferError';
  readonly code: ErrorCode | ClientErrorCode;
  /** The path that the error is about, where there is one. */
  readonly path: string | undefined;

  constructor(
    code: ErrorCode | ClientErrorCode,
    message: string,
    options: { path?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.path = options.path;
  }
}

/** A condition did not hold: somebody else wrote first. Nothing was written. */
export class ConflictError extends ConferError {
  override readonly name = 'ConflictError';
  /** What the path holds now; `undefined` when it holds nothing. */
  readonly current: Entry | undefined;

  constructor(message: string, path: string | undefined, current: Entry | undefined) {
    super('conflict', message, { path });
    this.current = current;
  }
}

/** History no longer reaches back to where the watch was: changes were missed. */
export class CompactedError extends ConferError {
  override readonly name = 'CompactedError';
  /** `epoch`: the server has another history (restored, wiped, or an older copy put back by hand). */
  readonly reason: 'compacted' | 'epoch';
  /** The oldest revision after which a watch can start. */
  readonly compactedRevision: number;

  constructor(message: string, reason: 'compacted' | 'epoch', compactedRevision: number) {
    super('compacted', message);
    this.reason = reason;
    this.compactedRevision = compactedRevision;
  }
}

/**
 * The time was up. For a write this says nothing about whether it happened: the request may still
 * be on its way, or done with its answer lost.
 */
export class TimeoutError extends ConferError {
  override readonly name = 'TimeoutError';

  constructor(message: string) {
    super('timeout', message);
  }
}
